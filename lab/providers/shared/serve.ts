// Runs a provider as the engine expects it: listens on loopback, prints the port, ends when told or when left alone.
import { Server, ServerCredentials } from "@grpc/grpc-js";
import providerGrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { EngineLog } from "./engineLog.ts";
import type { ProviderDefinition } from "./provider.ts";
import { serviceOf } from "./service.ts";

/** Large enough for a page of machine configs; the engine's own limit is 400 MiB. */
const maxMessageBytes = 400 * 1024 * 1024;

/** What cancelled operations get to end their child processes before the provider itself ends. */
const lastWordsMs = 250;

/**
 * Serves a provider until the process is ended. The engine passes its own address as the first argument that is no
 * flag and reads the provider's port from the first line of standard output.
 */
export async function serveProvider(definition: ProviderDefinition): Promise<void> {
  const engine = process.argv.slice(2).find((argument) => !argument.startsWith("-"));
  const log = new EngineLog(engine);
  const cancellation = new AbortController();
  const cancel = (): void => cancellation.abort();
  process.on("exit", () => definition.dispose?.());

  const end = (code: number): void => {
    cancel();
    setTimeout(() => process.exit(code), lastWordsMs);
  };
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => end(143));
  // The engine's way of saying that it needs us no more, and it waits for that. A user's Ctrl-C does not come here: a
  // plugin has a process group of its own.
  process.on("SIGINT", () => {
    cancel();
    process.exit(0);
  });
  for (const event of ["uncaughtException", "unhandledRejection"] as const)
    process.on(event, (error: unknown) => {
      log.error(
        `${definition.name} provider: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
      void log.flush().then(() => end(1));
    });

  const server = new Server({
    "grpc.max_receive_message_length": maxMessageBytes,
    "grpc.max_send_message_length": maxMessageBytes,
  });
  server.addService(
    providerGrpc.ResourceProviderService,
    serviceOf(definition, log, cancellation.signal, cancel),
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  log.whenEngineGone(() => end(0));
  process.stdout.write(`${port}\n`);
}
