// Runs one of machined's sequences: phases in order, each told to the event log and the console as machined tells them.
// `talosctl reboot`, `reset` and `upgrade` follow these events.
import type { EventLog } from "./events.ts";
import type { MachineLog } from "./machineLog.ts";

/** One phase with its one task. */
export interface Phase {
  /** e.g. `stopEverything`. */
  readonly name: string;
  /** e.g. `stopAllServices`. */
  readonly task: string;
  readonly run?: () => Promise<void> | void;
  /** An error is only written to the console, as for draining a node. */
  readonly errorsIgnored?: boolean;
}

/** Thrown inside a sequence when the machine was switched off meanwhile: ends it without a word. */
export class Superseded extends Error {}

/**
 * Runs a sequence.
 * @param era fires when the machine is switched off meanwhile
 * @throws Error in machined's words when a phase fails; the event log has it too
 */
export async function runSequence(
  to: { readonly events: EventLog; readonly log: MachineLog },
  name: string,
  phases: readonly Phase[],
  actorId: string,
  era: AbortSignal,
): Promise<void> {
  const { events, log } = to;
  events.publish("machine.SequenceEvent", { sequence: name, action: "START" }, actorId);
  log.write(`${name} sequence: ${String(phases.length)} phase(s)`);
  for (const [index, phase] of phases.entries()) {
    const number = `${String(index + 1)}/${String(phases.length)}`;
    log.write(`phase ${phase.name} (${number}): 1 tasks(s)`);
    events.publish("machine.PhaseEvent", { phase: phase.name, action: "START" }, actorId);
    events.publish("machine.TaskEvent", { task: phase.task, action: "START" }, actorId);
    log.write(`task ${phase.task} (1/1): starting`);
    try {
      await phase.run?.();
      if (era.aborted) throw new Superseded();
    } catch (error) {
      if (era.aborted) throw new Superseded();
      const reason = error instanceof Error ? error.message : String(error);
      log.write(`task ${phase.task} (1/1): failed: ${reason}`);
      if (!phase.errorsIgnored) {
        const message = `error running phase ${String(index + 1)} in ${name} sequence: task 1/1: failed, ${reason}`;
        log.write(`${name} sequence: failed`);
        events.publish("machine.SequenceEvent", { sequence: name, action: "STOP" }, actorId);
        events.publish(
          "machine.SequenceEvent",
          {
            sequence: name,
            action: "NOOP",
            error: { code: "FATAL", message: `sequence failed: ${message}` },
          },
          actorId,
        );
        throw new Error(message, { cause: error });
      }
    }
    log.write(`task ${phase.task} (1/1): done`);
    events.publish("machine.TaskEvent", { task: phase.task, action: "STOP" }, actorId);
    events.publish("machine.PhaseEvent", { phase: phase.name, action: "STOP" }, actorId);
  }
  log.write(`${name} sequence: done`);
  events.publish("machine.SequenceEvent", { sequence: name, action: "STOP" }, actorId);
}
