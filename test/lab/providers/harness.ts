// Starts a stand-in as the engine does (its own process, its port on the first line) and speaks the protocol with it.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { credentials, Server, ServerCredentials } from "@grpc/grpc-js";
import type { ServerUnaryCall, sendUnaryData, ServiceError } from "@grpc/grpc-js";
import engineGrpc from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import type engineProto from "@pulumi/pulumi/proto/engine_pb.js";
import providerGrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import proto from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";

/** Plain wire values. */
export type Wire = Record<string, unknown>;

/** The engine's word for an unknown value. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A secret on the wire. */
export const secret = (value: unknown): Wire => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});

/** The value inside a secret; undefined when it is not one. */
export function revealed(value: unknown): unknown {
  const wrapped = value as Wire | undefined;
  return wrapped?.["4dabf18193072939515e22adb298388d"] === "1b47061264138c4ac30d75fd1eb44270"
    ? wrapped["value"]
    : undefined;
}

/** A line that the provider sent to the engine. */
export interface LogLine {
  readonly urn: string;
  readonly message: string;
  readonly ephemeral: boolean;
  readonly severity: number;
}

/** Answer to a diff. */
export interface DiffAnswer {
  readonly changes: boolean;
  readonly replaces: readonly string[];
  /** Properties that differ. */
  readonly names: readonly string[];
  /** Whether it says which values differ. */
  readonly hasPaths: boolean;
  /** Kind (engine's number) by path. */
  readonly detailed: Readonly<Record<string, number>>;
}

const toStruct = (value: Wire): struct.Struct =>
  struct.Struct.fromJavaScript(value as Parameters<typeof struct.Struct.fromJavaScript>[0]);
const fromStruct = (value: struct.Struct | undefined): Wire => value?.toJavaScript() ?? {};

/** A running stand-in. */
export class Plugin {
  readonly process: ChildProcess;
  readonly logs: LogLine[];
  readonly #client: providerGrpc.ResourceProviderClient;
  readonly #engine: Server;

  private constructor(
    child: ChildProcess,
    client: providerGrpc.ResourceProviderClient,
    engine: Server,
    logs: LogLine[],
  ) {
    this.process = child;
    this.#client = client;
    this.#engine = engine;
    this.logs = logs;
  }

  static async start(name: string, env: NodeJS.ProcessEnv = {}): Promise<Plugin> {
    const logs: LogLine[] = [];
    const engine = new Server();
    engine.addService(engineGrpc.EngineService, {
      log(
        call: ServerUnaryCall<engineProto.LogRequest, empty.Empty>,
        respond: sendUnaryData<empty.Empty>,
      ): void {
        const { urn, message, ephemeral, severity } = call.request.toObject();
        logs.push({ urn, message, ephemeral, severity });
        respond(null, new empty.Empty());
      },
    });
    const enginePort = await new Promise<number>((resolve, reject) =>
      engine.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      ),
    );
    const main = fileURLToPath(new URL(`../../../lab/providers/${name}/main.ts`, import.meta.url));
    const child = spawn(process.execPath, [main, `127.0.0.1:${enginePort}`], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...env },
    });
    const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    const client = new providerGrpc.ResourceProviderClient(`127.0.0.1:${line}`, credentials.createInsecure());
    return new Plugin(child, client, engine, logs);
  }

  async stop(): Promise<void> {
    this.#client.close();
    this.#engine.forceShutdown();
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill("SIGTERM");
      await once(this.process, "exit");
    }
  }

  /** The engine dies: its end of all connections closes. */
  killEngine(): void {
    this.#engine.forceShutdown();
  }

  #call<Request, Response>(
    method: (request: Request, callback: (error: ServiceError | null, response: Response) => void) => unknown,
    request: Request,
  ): Promise<Response> {
    return new Promise((resolve, reject) =>
      method.call(this.#client, request, (error, response) =>
        error ? reject(new Error(error.details, { cause: error })) : resolve(response),
      ),
    );
  }

  async configure(args: Wire = {}): Promise<proto.ConfigureResponse.AsObject> {
    const request = new proto.ConfigureRequest().setArgs(toStruct(args)).setAcceptsecrets(true);
    const response = await this.#call<proto.ConfigureRequest, proto.ConfigureResponse>(
      this.#client.configure,
      request,
    );
    return response.toObject();
  }

  async checkConfig(news: Wire): Promise<readonly string[]> {
    const request = new proto.CheckRequest().setNews(toStruct(news));
    const response = await this.#call<proto.CheckRequest, proto.CheckResponse>(
      this.#client.checkConfig,
      request,
    );
    return response.getFailuresList().map((failure) => failure.getReason());
  }

  async schema(): Promise<Wire> {
    const response = await this.#call<proto.GetSchemaRequest, proto.GetSchemaResponse>(
      this.#client.getSchema,
      new proto.GetSchemaRequest(),
    );
    return JSON.parse(response.getSchema()) as Wire;
  }

  async version(): Promise<string> {
    return new Promise((resolve, reject) =>
      this.#client.getPluginInfo(new empty.Empty(), (error, info) =>
        error ? reject(error) : resolve(info.getVersion()),
      ),
    );
  }

  async cancel(): Promise<void> {
    await new Promise((resolve) => this.#client.cancel(new empty.Empty(), resolve));
  }

  async check(token: string, news: Wire): Promise<{ inputs: Wire; failures: readonly string[] }> {
    const request = new proto.CheckRequest().setUrn(urnOf(token)).setNews(toStruct(news));
    const response = await this.#call<proto.CheckRequest, proto.CheckResponse>(this.#client.check, request);
    return {
      inputs: fromStruct(response.getInputs()),
      failures: response.getFailuresList().map((failure) => failure.getReason()),
    };
  }

  async diff(token: string, olds: Wire, news: Wire, id = "id"): Promise<DiffAnswer> {
    const request = new proto.DiffRequest()
      .setId(id)
      .setUrn(urnOf(token))
      .setOlds(toStruct(olds))
      .setNews(toStruct(news));
    const response = await this.#call<proto.DiffRequest, proto.DiffResponse>(this.#client.diff, request);
    const detailed: Record<string, number> = {};
    response.getDetaileddiffMap().forEach((value, key) => (detailed[key] = value.getKind()));
    return {
      changes: response.getChanges() === proto.DiffResponse.DiffChanges.DIFF_SOME,
      replaces: response.getReplacesList(),
      names: response.getDiffsList(),
      hasPaths: response.getHasdetaileddiff(),
      detailed,
    };
  }

  async create(
    token: string,
    inputs: Wire,
    options: { preview?: boolean; timeout?: number } = {},
  ): Promise<{ id: string; outputs: Wire }> {
    const request = new proto.CreateRequest()
      .setUrn(urnOf(token))
      .setProperties(toStruct(inputs))
      .setPreview(options.preview ?? false)
      .setTimeout(options.timeout ?? 0);
    const response = await this.#call<proto.CreateRequest, proto.CreateResponse>(
      this.#client.create,
      request,
    );
    return { id: response.getId(), outputs: fromStruct(response.getProperties()) };
  }

  async update(
    token: string,
    id: string,
    olds: Wire,
    news: Wire,
    options: { preview?: boolean; timeout?: number } = {},
  ): Promise<Wire> {
    const request = new proto.UpdateRequest()
      .setId(id)
      .setUrn(urnOf(token))
      .setOlds(toStruct(olds))
      .setNews(toStruct(news))
      .setPreview(options.preview ?? false)
      .setTimeout(options.timeout ?? 0);
    const response = await this.#call<proto.UpdateRequest, proto.UpdateResponse>(
      this.#client.update,
      request,
    );
    return fromStruct(response.getProperties());
  }

  async delete(token: string, id: string, state: Wire, timeout = 0): Promise<void> {
    const request = new proto.DeleteRequest()
      .setId(id)
      .setUrn(urnOf(token))
      .setProperties(toStruct(state))
      .setTimeout(timeout);
    await this.#call<proto.DeleteRequest, empty.Empty>(this.#client.delete, request);
  }

  async read(
    token: string,
    id: string,
    state: Wire = {},
    inputs: Wire = {},
  ): Promise<{ id: string; outputs: Wire; inputs: Wire }> {
    const request = new proto.ReadRequest()
      .setId(id)
      .setUrn(urnOf(token))
      .setProperties(toStruct(state))
      .setInputs(toStruct(inputs));
    const response = await this.#call<proto.ReadRequest, proto.ReadResponse>(this.#client.read, request);
    return {
      id: response.getId(),
      outputs: fromStruct(response.getProperties()),
      inputs: fromStruct(response.getInputs()),
    };
  }

  async invoke(token: string, args: Wire): Promise<{ result: Wire; failures: readonly string[] }> {
    const request = new proto.InvokeRequest().setTok(token).setArgs(toStruct(args));
    const response = await this.#call<proto.InvokeRequest, proto.InvokeResponse>(
      this.#client.invoke,
      request,
    );
    return {
      result: fromStruct(response.getReturn()),
      failures: response.getFailuresList().map((failure) => failure.getReason()),
    };
  }
}

/** A URN of a resource named `thing`. */
export function urnOf(token: string): string {
  return `urn:pulumi:test::home-ops::home-ops:talos:Cluster$${token}::thing`;
}

/** Waits for a condition, at most ten seconds. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
