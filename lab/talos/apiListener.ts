// The listening side of a machine's API: gRPC on one address, either with a throw-away certificate and without asking
// clients for theirs (maintenance mode) or with both sides' certificates checked. It knows no service: every call is
// handed on as bytes, as apid does.
import { Server, ServerCredentials } from "@grpc/grpc-js";
import type {
  Metadata,
  sendUnaryData,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceDefinition,
  UntypedHandleCall,
} from "@grpc/grpc-js";
import { once } from "node:events";
import type { EventEmitter } from "node:events";
import type { PeerCertificate } from "node:tls";
import { StatusError, statusOf } from "./errors.ts";
import { methods } from "./protos.ts";
import type { KeyPair } from "./pki.ts";

/** A call as it arrives, before anybody decided who answers it. */
export interface IncomingCall {
  /** e.g. `/machine.MachineService/Version`. */
  readonly path: string;
  /** Values of a metadata key, e.g. `nodes`. */
  metadata(key: string): readonly string[];
  /** Organizations of the client's certificate; empty in maintenance mode. */
  readonly organizations: readonly string[];
  /** Encoded requests: one, or several for an upload. */
  readonly requests: AsyncIterable<Buffer>;
  /** Fires when the client is gone. */
  readonly signal: AbortSignal;
}

/** How a listener is opened. */
export interface ApiListenerOptions {
  readonly address: string;
  readonly port: number;
  readonly pair: KeyPair;
  /** PEM of the CAs a client must come from; undefined for maintenance mode. */
  readonly clientCAs: string | undefined;
  handle(call: IncomingCall): AsyncIterable<Buffer>;
}

type RawCall =
  | ServerUnaryCall<Buffer, Buffer>
  | ServerWritableStream<Buffer, Buffer>
  | ServerReadableStream<Buffer, Buffer>;

const bindPatienceMs = 5_000;
const clientAuth = "1.3.6.1.5.5.7.3.2";

/** An open listener. */
export class ApiListener {
  readonly #server: Server;
  readonly #target: string;

  private constructor(server: Server, target: string) {
    this.#server = server;
    this.#target = target;
  }

  /**
   * Opens a listener; waits a little for a predecessor on the same address to be gone.
   * @throws Error when the address stays taken
   */
  static async open(options: ApiListenerOptions): Promise<ApiListener> {
    const pairs = [
      { private_key: Buffer.from(options.pair.key), cert_chain: Buffer.from(options.pair.cert) },
    ];
    const roots = options.clientCAs === undefined ? null : Buffer.from(options.clientCAs);
    const credentials = ServerCredentials.createSsl(roots, pairs, roots !== null);
    const deadline = Date.now() + bindPatienceMs;
    for (;;) {
      const server = new Server({ "grpc.max_receive_message_length": 64 << 20 });
      for (const [definition, handlers] of rawServices(options)) server.addService(definition, handlers);
      const target = `${options.address}:${String(options.port)}`;
      const failure = await bind(server, target, credentials);
      if (!failure) return new ApiListener(server, target);
      server.forceShutdown();
      if (Date.now() > deadline)
        throw new Error(
          `the Talos API cannot listen on ${options.address}:${String(options.port)}: ${failure.message}; is another lab using this address?`,
        );
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Stops listening, so that a successor can; connections stay, and end when their clients end them. */
  retire(): void {
    this.#server.unbind(this.#target);
  }

  /** Stops listening and cuts every connection, as a machine that goes down does. */
  close(): void {
    this.#server.forceShutdown();
  }
}

function bind(server: Server, target: string, credentials: ServerCredentials): Promise<Error | null> {
  return new Promise((resolve) => {
    server.bindAsync(target, credentials, (error) => {
      resolve(error);
    });
  });
}

function rawServices(options: ApiListenerOptions): [ServiceDefinition, Record<string, UntypedHandleCall>][] {
  const same = (bytes: Buffer): Buffer => bytes;
  const byService = new Map<string, [ServiceDefinition, Record<string, UntypedHandleCall>]>();
  for (const { path, requestStream, responseStream } of methods.values()) {
    const [, service = "", name = ""] = path.split("/");
    const entry = byService.get(service) ?? [{}, {}];
    byService.set(service, entry);
    (entry[0] as Record<string, unknown>)[name] = {
      path,
      requestStream,
      responseStream,
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    };
    entry[1][name] = responseStream ? streaming(path, options) : single(path, requestStream, options);
  }
  return [...byService.values()];
}

function single(path: string, upload: boolean, options: ApiListenerOptions): UntypedHandleCall {
  const handle = async (call: RawCall, done: sendUnaryData<Buffer>): Promise<void> => {
    try {
      const requests = upload ? (call as unknown as AsyncIterable<Buffer>) : requestOf(call);
      for await (const response of options.handle(incoming(path, call, requests))) {
        done(null, response);
        return;
      }
      done(grpcError(new StatusError("Internal", "no answer")));
    } catch (error) {
      done(grpcError(error));
    }
  };
  return ((call: RawCall, done: sendUnaryData<Buffer>) => void handle(call, done)) as UntypedHandleCall;
}

function streaming(path: string, options: ApiListenerOptions): UntypedHandleCall {
  const handle = async (call: ServerWritableStream<Buffer, Buffer>): Promise<void> => {
    try {
      const wrapped = incoming(path, call, requestOf(call));
      for await (const response of options.handle(wrapped)) {
        if (call.cancelled) return;
        if (!call.write(response)) await Promise.race([once(call, "drain"), once(call, "cancelled")]);
      }
      call.end();
    } catch (error) {
      if (!call.cancelled) call.emit("error", grpcError(error));
    }
  };
  return ((call: ServerWritableStream<Buffer, Buffer>) => void handle(call)) as UntypedHandleCall;
}

function incoming(path: string, call: RawCall, requests: AsyncIterable<Buffer>): IncomingCall {
  const gone = new AbortController();
  (call as EventEmitter).on("cancelled", () => {
    gone.abort();
  });
  return {
    path,
    metadata: (key) => metadataValues(call.metadata, key),
    organizations: organizationsOf(call.getAuthContext().sslPeerCertificate),
    requests,
    signal: gone.signal,
  };
}

async function* requestOf(call: RawCall): AsyncIterable<Buffer> {
  yield await Promise.resolve((call as ServerUnaryCall<Buffer, Buffer>).request);
}

// Node joins headers of the same name with a comma; Go's clients send one header per value.
function metadataValues(metadata: Metadata, key: string): string[] {
  return metadata.get(key).flatMap((value) => value.toString().split(/,\s*/));
}

// A server's certificate is no client's: the purpose must be client authentication and nothing else.
function organizationsOf(certificate: PeerCertificate | undefined): string[] {
  if (!certificate?.subject) return [];
  const purposes = certificate.ext_key_usage ?? [];
  if (purposes.length !== 1 || purposes[0] !== clientAuth)
    throw new StatusError("Unavailable", "connection error: remote error: tls: bad certificate");
  const organization: unknown = certificate.subject.O;
  if (Array.isArray(organization)) return organization.map(String);
  return typeof organization === "string" ? organization.split("\n") : [];
}

function grpcError(error: unknown): Error & { code: number; details: string } {
  const { code, details } = statusOf(error);
  return Object.assign(new Error(details), { code, details });
}
