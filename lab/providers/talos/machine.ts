// The calls that the provider makes to a machine, and how it comes to a connection.
import { gunzipSync } from "node:zlib";
import { extract } from "tar-stream";
import { CancelledError, pause } from "../shared/pause.ts";
import { Connection, insecure, mutual, RpcError } from "./rpc.ts";
import type { ClientConfiguration, Target } from "./rpc.ts";

/** Which machine, and as whom. */
export interface Machine {
  readonly node: string;
  /** Where to connect to. */
  readonly endpoint: string;
  readonly client: ClientConfiguration;
}

const machineService = "machine.MachineService";

/** Asks for the disks: what every operation begins with, and the proof of maintenance mode when it works without a certificate. */
export async function disks(connection: Connection, node: string, signal: AbortSignal): Promise<void> {
  await connection.unary("storage.StorageService", "Disks", {}, { node }, signal);
}

/**
 * Does something with a machine. A machine that answers without a client certificate is in maintenance mode and is
 * used like that; any other gets the certificate. Source: terraform-provider-talos v0.11.0 pkg/talos/util.go
 * (talosClientOp).
 */
export async function withMachine<T>(
  machine: Machine,
  signal: AbortSignal,
  use: (connection: Connection) => Promise<T>,
): Promise<T> {
  let connection = new Connection(machine.endpoint, insecure());
  try {
    try {
      await disks(connection, machine.node, signal);
    } catch (error) {
      if (error instanceof CancelledError) throw error;
      connection.close();
      connection = new Connection(machine.endpoint, mutual(machine.client));
    }
    return await use(connection);
  } finally {
    connection.close();
  }
}

/** First wait between two tries and the longest one. Source: terraform-plugin-sdk helper/retry. */
const firstWaitMs = 500;
const longestWaitMs = 10_000;

/**
 * Tries until it works or the time is over. As in the real provider only InvalidArgument is final; everything else,
 * also what will never change, is tried again.
 * @throws the last error when the time is over
 */
export async function retry<T>(
  timeoutMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const both = AbortSignal.any([signal, deadline]);
  let last: Error | undefined;
  for (let wait = firstWaitMs; ; wait = Math.min(wait * 2, longestWaitMs)) {
    try {
      return await work(both);
    } catch (error) {
      if (signal.aborted) throw error;
      if (error instanceof RpcError && error.code === "InvalidArgument") throw error;
      if (error instanceof Error && !(error instanceof CancelledError)) last = error;
    }
    await pause(wait, both).catch(() => undefined);
    if (signal.aborted) throw new CancelledError();
    if (deadline.aborted)
      throw (
        last ??
        new Error(`timeout while waiting for state to become 'success' (timeout: ${timeoutMs / 1000}s)`)
      );
  }
}

/** How a config is to be applied. */
export type ApplyMode = "AUTO" | "REBOOT" | "NO_REBOOT" | "STAGED";

/** Sends a machine config. Returns the mode that the machine chose. */
export async function applyConfiguration(
  connection: Connection,
  node: string,
  request: { readonly data: string; readonly mode: ApplyMode; readonly dryRun?: boolean },
  signal: AbortSignal,
): Promise<string | undefined> {
  const response = await connection.unary<{ messages: { mode: string }[] }>(
    machineService,
    "ApplyConfiguration",
    { data: Buffer.from(request.data, "utf8"), mode: request.mode, dry_run: request.dryRun ?? false },
    { node },
    signal,
  );
  return response.messages[0]?.mode;
}

/** Starts etcd. */
export async function bootstrap(connection: Connection, node: string, signal: AbortSignal): Promise<void> {
  await connection.unary(machineService, "Bootstrap", {}, { node }, signal);
}

/** Asks for the version; only its success matters here. */
export async function version(connection: Connection, target: Target, signal: AbortSignal): Promise<void> {
  await connection.unary(machineService, "Version", {}, target, signal);
}

interface Data {
  readonly metadata: { readonly error: string } | null;
  readonly bytes: Buffer;
}

async function collect(stream: AsyncIterable<Data>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const { metadata, bytes } of stream) {
    if (metadata?.error) throw new RpcError("Unknown", metadata.error);
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}

/** Content of a file of the machine. */
export async function readFile(
  connection: Connection,
  path: string,
  target: Target,
  signal: AbortSignal,
): Promise<string> {
  const content = await collect(connection.stream<Data>(machineService, "Read", { path }, target, signal));
  return content.toString("utf8").trim();
}

/** An admin kubeconfig; the machine sends it as the one file of a tar.gz. */
export async function kubeconfig(connection: Connection, node: string, signal: AbortSignal): Promise<string> {
  const archive = gunzipSync(
    await collect(connection.stream<Data>(machineService, "Kubeconfig", {}, { node }, signal)),
  );
  const entries = extract();
  entries.end(archive);
  for await (const entry of entries) {
    const parts: Buffer[] = [];
    for await (const part of entry) parts.push(part as Buffer);
    if (/(^|\/)kubeconfig$/.test(entry.header.name)) return Buffer.concat(parts).toString("utf8");
  }
  throw new Error("the machine's answer holds no file named kubeconfig");
}

/** What a reset wipes and does afterwards. */
export interface ResetRequest {
  readonly graceful: boolean;
  readonly reboot: boolean;
}

/** Begins a reset that wipes STATE and EPHEMERAL. Returns the actor id by which its events are known. */
export async function reset(
  connection: Connection,
  request: ResetRequest,
  target: Target,
  signal: AbortSignal,
): Promise<string> {
  const response = await connection.unary<{ messages: { actor_id: string }[] }>(
    machineService,
    "Reset",
    {
      ...request,
      system_partitions_to_wipe: [
        { label: "STATE", wipe: true },
        { label: "EPHEMERAL", wipe: true },
      ],
    },
    target,
    signal,
  );
  const first = response.messages[0];
  if (first === undefined) throw new Error("no messages returned from action run");
  return first.actor_id;
}

/** One event of a machine, still encoded. */
export interface MachineEvent {
  readonly data: { readonly type_url: string; readonly value: Buffer } | null;
  readonly actor_id: string;
}

/** The machine's events from now on. The first one is an empty hello. */
export function events(
  connection: Connection,
  target: Target,
  signal: AbortSignal,
): AsyncGenerator<MachineEvent, void, void> {
  return connection.stream<MachineEvent>(machineService, "Events", {}, target, signal);
}
