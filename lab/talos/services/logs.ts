// Console, logs and events, with or without following them.
import { encodeEvent } from "../events.ts";
import type { MachineEvent } from "../events.ts";
import { stream, unary } from "../handler.ts";
import type { Handlers } from "../handler.ts";
import type { TalosMachine } from "../machine.ts";
import type { LogLine } from "../machineLog.ts";
import { queue } from "../queue.ts";

const followIntervalMs = 500;
const allLines = 100_000;

/** Methods that show what a machine did. */
export const logHandlers: Handlers = {
  Dmesg: stream(async function* (request, { machine, signal }) {
    const lines = queue<LogLine>(signal);
    const unwatch = request["follow"] === true ? machine.log.watch(lines.push) : undefined;
    try {
      // Following from the tail shows what is new only.
      const past = request["tail"] === true ? [] : machine.log.lines();
      for (const line of past) yield { bytes: Buffer.from(kernelLine(line)) };
      if (unwatch) for await (const line of lines.items) yield { bytes: Buffer.from(kernelLine(line)) };
    } finally {
      unwatch?.();
    }
  }),
  Logs: stream(async function* (request, { machine, signal }) {
    const id = String(request["id"]);
    const tail = Number(request["tail_lines"]);
    let shown = await logText(machine, id, tail < 0 ? allLines : tail);
    if (shown !== "") yield { bytes: Buffer.from(shown) };
    if (request["follow"] !== true) return;
    while (!signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, followIntervalMs));
      const now = await logText(machine, id, allLines);
      const fresh = appended(shown, now);
      if (fresh !== "") yield { bytes: Buffer.from(fresh) };
      shown = now;
    }
  }),
  LogsContainers: unary((_request, { machine }) => ({ ids: machine.services.list().map(({ id }) => id) })),
  Events: stream(async function* (request, { machine, signal }) {
    const wanted = (event: MachineEvent): boolean =>
      request["with_actor_id"] === "" || event.actorId === request["with_actor_id"];
    const fresh = queue<MachineEvent>(signal);
    const unwatch = machine.events.watch((event) => {
      if (wanted(event)) fresh.push(event);
    });
    try {
      // An empty first message tells the client that the stream stands.
      yield { actor_id: request["with_actor_id"] as string };
      for (const event of pastEvents(machine, request)) if (wanted(event)) yield encodeEvent(event);
      for await (const event of fresh.items) yield encodeEvent(event);
    } finally {
      unwatch();
    }
  }),
};

function pastEvents(machine: TalosMachine, request: Record<string, unknown>): readonly MachineEvent[] {
  const seconds = Number(request["tail_seconds"]);
  const id = String(request["tail_id"]);
  if (seconds > 0) return machine.events.past(-1).filter(({ at }) => at >= Date.now() - seconds * 1000);
  if (id !== "") return machine.events.past(-1).filter((event) => event.id > id);
  return machine.events.past(Number(request["tail_events"]));
}

function kernelLine({ at, text }: LogLine): string {
  return `user: warning: [${at.toISOString()}]: [talos] ${text}\n`;
}

async function logText(machine: TalosMachine, id: string, tail: number): Promise<string> {
  if (id === "machined")
    return machine.log
      .lines(tail)
      .map(({ at, text }) => `[talos] ${at.toISOString()} ${text}\n`)
      .join("");
  const own = machine.options.runtime.services().some((service) => service.id === id);
  const pod = machine.options.runtime.staticPods().find(({ name }) => id.includes(name))?.name;
  if (own || pod !== undefined) return machine.options.runtime.logs(pod ?? id, tail);
  if (machine.services.find(id)) return "";
  throw new Error(`log "${id}" was not registered`);
}

function appended(before: string, now: string): string {
  if (now.startsWith(before)) return now.slice(before.length);
  // The log was cut at its head: find where the last lines shown are now.
  const last = before.slice(-400);
  const at = last === "" ? -1 : now.lastIndexOf(last);
  return at < 0 ? now : now.slice(at + last.length);
}
