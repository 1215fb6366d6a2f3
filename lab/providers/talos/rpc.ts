// gRPC to a Talos machine: connections as the provider makes them, errors in Go's words.
import { fileURLToPath } from "node:url";
import {
  connectivityState,
  credentials,
  makeGenericClientConstructor,
  Metadata,
  status,
} from "@grpc/grpc-js";
import type {
  ChannelCredentials,
  Client,
  ClientReadableStream,
  ServiceClientConstructor,
  ServiceError,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { CancelledError } from "../shared/pause.ts";

/** The lab's one set of Talos protos. */
const protoFolder = fileURLToPath(new URL("../../talos/proto/", import.meta.url));

/** How long one connection attempt may take. Source: grpc-go's minimum connect timeout. */
const dialTimeoutMs = 20_000;

/** PEM texts, base64-encoded as in a talosconfig. */
export interface ClientConfiguration {
  readonly caCertificate: string;
  readonly clientCertificate: string;
  readonly clientKey: string;
}

/** A call that the machine or the connection refused; its message is what Go's `status.Error` prints. */
export class RpcError extends Error {
  /** Go's name of the code, e.g. `InvalidArgument`. */
  readonly code: string;
  constructor(code: string, description: string, cause?: unknown) {
    super(`rpc error: code = ${code} desc = ${description}`, { cause });
    this.code = code;
  }
}

let services: Readonly<Record<string, ServiceClientConstructor>> | undefined;

function serviceClient(service: string): ServiceClientConstructor {
  services ??= Object.fromEntries(
    Object.entries(
      loadSync(["machine.proto", "storage.proto"], {
        includeDirs: [protoFolder],
        keepCase: true,
        longs: String,
        enums: String,
        defaults: true,
      }),
    )
      .filter(([, definition]) => !("format" in definition))
      .map(([name, definition]) => [
        name,
        makeGenericClientConstructor(definition as Parameters<typeof makeGenericClientConstructor>[0], name),
      ]),
  );
  const found = services[service];
  if (found === undefined) throw new Error(`lab/talos/proto has no service ${service}`);
  return found;
}

/** `host:port` of an endpoint given as host, host:port, URL or IPv6 address. Port 50000 where there is none. */
export function addressOf(endpoint: string): string {
  const bare = endpoint.replace(/^\w+:\/\//, "").replace(/\/.*$/, "");
  if (/^\[.*\]:\d+$/.test(bare) || /^[^:]+:\d+$/.test(bare)) return bare;
  const host = bare.replace(/^\[|\]$/g, "");
  return host.includes(":") ? `[${host}]:50000` : `${host}:50000`;
}

/** Credentials without any check of the other side, as a machine in maintenance mode is asked. */
export function insecure(): ChannelCredentials {
  return credentials.createSsl(null, null, null, {
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  });
}

/** Credentials of an admin. */
export function mutual(client: ClientConfiguration): ChannelCredentials {
  const pem = (text: string): Buffer => Buffer.from(text, "base64");
  // Talos names the PEM type of its keys in its own way; the content is plain PKCS#8.
  const key = pem(client.clientKey).toString("utf8").replaceAll("ED25519 PRIVATE KEY", "PRIVATE KEY");
  return credentials.createSsl(pem(client.caCertificate), Buffer.from(key), pem(client.clientCertificate));
}

/** Who answers: a single machine (`node`) or, as trackers ask, a list of one (`nodes`). */
export type Target = { readonly node: string } | { readonly nodes: string };

/** A connection to one endpoint. */
export class Connection {
  readonly #address: string;
  readonly #credentials: ChannelCredentials;
  readonly #clients = new Map<string, Client>();

  constructor(endpoint: string, channelCredentials: ChannelCredentials) {
    this.#address = addressOf(endpoint);
    this.#credentials = channelCredentials;
  }

  /** Calls a method with one answer. @throws RpcError, CancelledError */
  async unary<Response>(
    service: string,
    method: string,
    request: object,
    target: Target,
    signal: AbortSignal,
  ): Promise<Response> {
    const client = await this.#dial(service, signal);
    return new Promise<Response>((resolve, reject) => {
      const call = (client as unknown as Record<string, CallableFunction>)[method]?.(
        request,
        metadataOf(target),
        (error: ServiceError | null, response: Response) => {
          signal.removeEventListener("abort", cancel);
          if (error) reject(signal.aborted ? new CancelledError() : this.#translate(error));
          else resolve(response);
        },
      ) as { cancel(): void };
      const cancel = (): void => call.cancel();
      signal.addEventListener("abort", cancel, { once: true });
    });
  }

  /** Calls a method that answers with a stream; ends the call when the caller stops reading. @throws RpcError, CancelledError */
  async *stream<Response>(
    service: string,
    method: string,
    request: object,
    target: Target,
    signal: AbortSignal,
  ): AsyncGenerator<Response, void, void> {
    const client = await this.#dial(service, signal);
    const call = (client as unknown as Record<string, CallableFunction>)[method]?.(
      request,
      metadataOf(target),
    ) as ClientReadableStream<Response>;
    const cancel = (): void => call.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    try {
      for await (const message of call) yield message as Response;
    } catch (error) {
      throw signal.aborted ? new CancelledError() : this.#translate(error as ServiceError);
    } finally {
      signal.removeEventListener("abort", cancel);
      call.cancel();
    }
  }

  /** Closes it. Calls under way end with an error. */
  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }

  /**
   * Waits until the connection stands or its first attempt failed, at most as long as grpc-go does: a black-holed
   * address must not hang for the two minutes that the kernel tries.
   */
  async #dial(service: string, signal: AbortSignal): Promise<Client> {
    let client = this.#clients.get(service);
    if (client === undefined) {
      client = new (serviceClient(service))(this.#address, this.#credentials, {
        // Go's client exempts loopback from proxies and the lab has its machines there.
        "grpc.enable_http_proxy": 0,
        "grpc.enable_retries": 0,
        "grpc.use_local_subchannel_pool": 1,
        "grpc.max_receive_message_length": 64 * 1024 * 1024,
        "grpc.max_send_message_length": 64 * 1024 * 1024,
      });
      this.#clients.set(service, client);
    }
    const channel = client.getChannel();
    const deadline = Date.now() + dialTimeoutMs;
    for (;;) {
      if (signal.aborted) throw new CancelledError();
      const state = channel.getConnectivityState(true);
      if (state === connectivityState.READY || state === connectivityState.TRANSIENT_FAILURE) return client;
      const changed = await new Promise<boolean>((resolve) => {
        const cancel = (): void => resolve(true);
        signal.addEventListener("abort", cancel, { once: true });
        channel.watchConnectivityState(state, deadline, (error) => {
          signal.removeEventListener("abort", cancel);
          resolve(error === undefined);
        });
      });
      if (!changed) {
        client.close();
        this.#clients.delete(service);
        throw new RpcError("Unavailable", dialing(`dial tcp ${this.#address}: i/o timeout`));
      }
    }
  }

  #translate(error: ServiceError): RpcError {
    const name = (status[error.code] ?? "UNKNOWN")
      .toLowerCase()
      .replace(/(^|_)([a-z])/g, (_all, _dash: string, letter: string) => letter.toUpperCase());
    const details = error.details || error.message;
    const errno = /connect (ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT)/.exec(details)?.[1];
    const words: Readonly<Record<string, string>> = {
      ECONNREFUSED: "connect: connection refused",
      EHOSTUNREACH: "connect: no route to host",
      ENETUNREACH: "connect: network is unreachable",
      ETIMEDOUT: "i/o timeout",
    };
    return new RpcError(
      name === "Cancelled" ? "Canceled" : name,
      errno === undefined ? details : dialing(`dial tcp ${this.#address}: ${words[errno]}`),
      error,
    );
  }
}

const dialing = (what: string): string =>
  `connection error: desc = "transport: Error while dialing: ${what}"`;

function metadataOf(target: Target): Metadata {
  const metadata = new Metadata();
  if ("node" in target) metadata.set("node", target.node);
  else metadata.set("nodes", target.nodes);
  return metadata;
}
