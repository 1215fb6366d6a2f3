// The engine's own log: the only way for a provider's words to reach the screen while it works.
//
// Progress lines are sent as ephemeral: the engine shows them beside the resource and keeps the last one only while the
// resource is being worked on. Other lines stay under Diagnostics. Lines go out one after the other, so that they keep
// their order.
import { connectivityState, credentials, Metadata } from "@grpc/grpc-js";
import engineGrpc from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engineProto from "@pulumi/pulumi/proto/engine_pb.js";
import type { OperationLog } from "./provider.ts";

/** How long a line may take; a stuck engine must not hold up an operation. */
const lineDeadlineMs = 5_000;

/** How long the engine may be unreachable before it counts as gone. */
const goneAfterMs = 1_500;

/** Connection to the engine's log. */
export class EngineLog {
  readonly #client: engineGrpc.EngineClient | undefined;
  #queue: Promise<void> = Promise.resolve();

  /** @param address the engine's `host:port`; undefined (a provider started by hand): lines go nowhere */
  constructor(address: string | undefined) {
    this.#client =
      address === undefined ? undefined : new engineGrpc.EngineClient(address, credentials.createInsecure());
  }

  /** The log of one resource. */
  of(urn: string): OperationLog {
    const { INFO, WARNING } = engineProto.LogSeverity;
    return {
      status: (line) => this.#send(urn, INFO, line, true),
      info: (message) => this.#send(urn, INFO, message, false),
      warn: (message) => this.#send(urn, WARNING, message, false),
    };
  }

  /** Tells the user of a failure that belongs to no resource. */
  error(message: string): void {
    this.#send("", engineProto.LogSeverity.ERROR, message, false);
  }

  /** Resolves when everything said so far has been taken by the engine. Never rejects. */
  flush(): Promise<void> {
    return this.#queue;
  }

  /**
   * Calls back once when the engine is gone: its end of the connection closed and it cannot be reached again. The
   * engine kills its providers when it ends; only an engine that was killed itself leaves them behind.
   */
  whenEngineGone(callback: () => void): void {
    const channel = this.#client?.getChannel();
    if (channel === undefined) return;
    const reach = (): void => {
      this.#client?.waitForReady(Date.now() + goneAfterMs, (error) => {
        if (error === undefined) watch();
        // One that is there and slow to answer, on a busy computer, is not gone: nobody has refused the connection.
        else if (channel.getConnectivityState(true) === connectivityState.CONNECTING) reach();
        else callback();
      });
    };
    const watch = (): void => {
      channel.watchConnectivityState(connectivityState.READY, Infinity, reach);
    };
    reach();
  }

  #send(urn: string, severity: engineProto.LogSeverity, message: string, ephemeral: boolean): void {
    const client = this.#client;
    if (client === undefined) return;
    const request = new engineProto.LogRequest()
      .setUrn(urn)
      .setSeverity(severity)
      .setMessage(message)
      .setEphemeral(ephemeral);
    this.#queue = this.#queue.then(
      () =>
        new Promise<void>((resolve) => {
          // A line that cannot be delivered is lost; the operation matters more.
          client.log(request, new Metadata(), { deadline: Date.now() + lineDeadlineMs }, () => resolve());
        }),
    );
  }
}
