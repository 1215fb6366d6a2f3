// The wire formats of a lab machine: its gRPC methods with their codecs, and codecs of single messages.
import { loadSync } from "@grpc/proto-loader";
import type { AnyDefinition, ServiceDefinition } from "@grpc/proto-loader";
import { join } from "node:path";

/** A decoded message, by field name. */
// Messages are shaped by .proto files that TypeScript does not see.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Message = Record<string, any>;

/** One gRPC method. */
export interface Method {
  /** e.g. `/machine.MachineService/Version`. */
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  decodeRequest(bytes: Buffer): Message;
  encodeResponse(message: Message): Buffer;
}

/** Turns one kind of message into bytes and back. */
export interface Codec {
  encode(message: Message): Buffer;
  decode(bytes: Buffer): Message;
}

const files = ["machine", "image", "lifecycle", "cluster", "storage", "time", "cosi", "definitions"].map(
  (name) => `${name}.proto`,
);

const definitions = loadSync(files, {
  includeDirs: [join(import.meta.dirname, "proto")],
  keepCase: true,
  longs: String,
  enums: String,
  bytes: Buffer as unknown as undefined,
  defaults: true,
  oneofs: true,
});

const services = Object.values(definitions).filter(isService);

/** Every method of every service, by path. */
export const methods: ReadonlyMap<string, Method> = new Map(
  services.flatMap((service) =>
    Object.values(service).map((method) => [
      method.path,
      {
        path: method.path,
        requestStream: method.requestStream,
        responseStream: method.responseStream,
        decodeRequest: (bytes: Buffer) => method.requestDeserialize(bytes),
        encodeResponse: (message: Message) => method.responseSerialize(message),
      },
    ]),
  ),
);

/** Service names, e.g. `machine.MachineService`, each with its methods' own names. */
export const serviceNames: readonly string[] = [
  ...new Set([...methods.keys()].map((path) => path.split("/")[1] ?? "")),
];

/**
 * Codec of a message, e.g. `common.Metadata` or `spec.MachineStatus`.
 * @throws Error for a name that no .proto file defines
 */
export function codec(name: string): Codec {
  const definition = definitions[name];
  if (!definition || isService(definition) || !("serialize" in definition))
    throw new Error(`no message ${name} in lab/talos/proto`);
  const message = definition;
  return {
    encode: (value) => message.serialize(value),
    decode: (bytes) => message.deserialize(bytes),
  };
}

function isService(definition: AnyDefinition): definition is ServiceDefinition {
  return !("format" in definition);
}
