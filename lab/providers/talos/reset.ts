// Wiping a machine when its ConfigurationApply is destroyed: the sequence of talosctl's action tracker, as the real
// provider uses it (siderolabs/talos cmd/talosctl/pkg/talos/action; terraform-provider-talos v0.11.0, Delete).
import { CancelledError, pause } from "../shared/pause.ts";
import { disks, events, readFile, reset, version, withMachine } from "./machine.ts";
import type { Machine, MachineEvent, ResetRequest } from "./machine.ts";
import { Connection, insecure, RpcError } from "./rpc.ts";
import { bytesField, textField } from "./wire.ts";

const bootIdPath = "/proc/sys/kernel/random/boot_id";

/** Wait between two looks at a machine that is rebooting. */
const pollMs = 1_000;

/**
 * Resets a machine and waits: until it has stopped its services and, with `reboot`, until it is in maintenance mode
 * or at least has another boot id.
 * @throws RpcError when the machine cannot be reached or refuses (one in maintenance mode does)
 */
export async function resetMachine(
  machine: Machine,
  request: ResetRequest,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const target = { nodes: machine.node };
  await withMachine(machine, deadline, async (connection) => {
    await version(connection, target, deadline);
    const stream = events(connection, target, deadline);
    // The first message is the hello; after it nothing can be missed.
    await stream.next();
    const before = request.reboot ? await readFile(connection, bootIdPath, target, deadline) : undefined;
    const actor = await reset(connection, request, target, deadline);
    await servicesStopped(stream, actor);
    if (before !== undefined) await rebooted(machine, connection, before, deadline);
  }).catch((error: unknown) => {
    if (error instanceof CancelledError && !signal.aborted) throw new Error("context deadline exceeded");
    throw error;
  });
}

/** Reads events until the reset has stopped all services. A broken stream means that it went on to reboot. */
async function servicesStopped(
  stream: AsyncGenerator<MachineEvent, void, void>,
  actor: string,
): Promise<void> {
  try {
    for await (const { data, actor_id } of stream) {
      if (data === null || actor_id !== actor) continue;
      if (data.type_url.endsWith("machine.TaskEvent") && textField(data.value, 1) === "stopAllServices")
        return;
      if (data.type_url.endsWith("machine.SequenceEvent")) {
        const problem = bytesField(data.value, 3);
        if (problem !== undefined) throw new Error(`sequence error: ${textField(problem, 2) ?? "unknown"}`);
      }
    }
  } catch (error) {
    if (!(error instanceof RpcError && error.code === "Unavailable")) throw error;
  }
}

async function rebooted(
  machine: Machine,
  connection: Connection,
  before: string,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const maintenance = new Connection(machine.endpoint, insecure());
    try {
      await disks(maintenance, machine.node, signal);
      return;
    } catch (error) {
      if (error instanceof CancelledError) throw error;
    } finally {
      maintenance.close();
    }
    try {
      if ((await readFile(connection, bootIdPath, { nodes: machine.node }, signal)) !== before) return;
    } catch (error) {
      if (error instanceof CancelledError) throw error;
    }
    await pause(pollMs, signal);
  }
}
