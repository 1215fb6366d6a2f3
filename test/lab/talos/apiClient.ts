// A client of the Talos API that shows an admin's certificate, for calls that no talosctl at hand makes.
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import type { ServiceError } from "@grpc/grpc-js";
import { issueClientCertificate, validFor } from "../../../lab/talos/pki.ts";
import type { KeyPair } from "../../../lab/talos/pki.ts";
import { codec } from "../../../lab/talos/protos.ts";
import type { Message } from "../../../lab/talos/protos.ts";

/** The name that every machine's certificate must have: Node does not like TLS with an address for a name. */
export const apiName = "talos.test";

/** One call. */
export interface ApiCall {
  /** e.g. `/machine.ImageService/Pull`. */
  readonly path: string;
  /** Message types, e.g. `machine.ImageServicePullRequest`. */
  readonly types: readonly [request: string, response: string];
  readonly request: Message;
  /** e.g. `{ node: "127.10.231.12" }`. Default: none. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Sees every message as it comes. */
  readonly seen?: (message: Message) => void;
  /** Gives the call up. */
  readonly signal?: AbortSignal;
}

/** What came of a call: the messages until its end, and the error that ended it. */
export interface ApiAnswer {
  readonly messages: readonly Message[];
  readonly error: ServiceError | undefined;
}

/** A client of one machine. */
export class ApiClient {
  readonly #client: Client;

  private constructor(client: Client) {
    this.#client = client;
  }

  /** A client with a certificate of this role. Connects with its first call. */
  static async open(address: string, authority: KeyPair, role = "os:admin"): Promise<ApiClient> {
    const subject = { commonName: "", organization: role };
    const { cert, key } = await issueClientCertificate(authority, subject, validFor(1));
    const secure = credentials.createSsl(Buffer.from(authority.cert), Buffer.from(key), Buffer.from(cert));
    const options = { "grpc.enable_http_proxy": 0, "grpc.ssl_target_name_override": apiName };
    return new ApiClient(new Client(`${address}:50000`, secure, options));
  }

  /** Calls a method. One with a single answer is called the same way: it answers one message. */
  call({ path, types, request, metadata = {}, seen, signal }: ApiCall): Promise<ApiAnswer> {
    const headers = new Metadata();
    for (const [key, value] of Object.entries(metadata)) headers.set(key, value);
    const [encode, decode] = [codec(types[0]).encode, codec(types[1]).decode];
    const stream = this.#client.makeServerStreamRequest(path, encode, decode, request, headers);
    const messages: Message[] = [];
    signal?.addEventListener("abort", () => {
      stream.cancel();
    });
    return new Promise((resolve) => {
      stream.on("data", (message: Message) => {
        messages.push(message);
        seen?.(message);
      });
      stream.once("error", (error: ServiceError) => {
        resolve({ messages, error });
      });
      stream.once("end", () => {
        resolve({ messages, error: undefined });
      });
    });
  }

  close(): void {
    this.#client.close();
  }
}
