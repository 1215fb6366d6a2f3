// The event log of one boot: what `talosctl events` and the waiting of reboot, reset and upgrade read.
import { randomBytes } from "node:crypto";
import { codec } from "./protos.ts";
import type { Message } from "./protos.ts";

/** One event, ready to send. */
export interface MachineEvent {
  /** 20 characters, growing with time (an xid). */
  readonly id: string;
  readonly at: number;
  /** Which API call started this, or empty. */
  readonly actorId: string;
  /** e.g. `machine.TaskEvent`. */
  readonly type: string;
  readonly payload: Message;
}

const capacity = 1000;
const alphabet = "0123456789abcdefghijklmnopqrstuv";

/** Keeps the last events and hands new ones to those who watch. A reboot starts a new one. */
export class EventLog {
  readonly #events: MachineEvent[] = [];
  readonly #watchers = new Set<(event: MachineEvent) => void>();
  readonly #machine = randomBytes(5);
  #count = 0;

  /** Appends an event, e.g. `publish("machine.TaskEvent", { task: "stopAllServices", action: "START" })`. */
  publish(type: string, payload: Message, actorId = ""): void {
    const event = { id: eventId(this.#machine, ++this.#count), at: Date.now(), actorId, type, payload };
    this.#events.push(event);
    if (this.#events.length > capacity) this.#events.shift();
    for (const watcher of this.#watchers) watcher(event);
  }

  /**
   * Past events.
   * @param tail how many; negative for all there are
   */
  past(tail: number): readonly MachineEvent[] {
    if (tail === 0) return [];
    return tail < 0 ? [...this.#events] : this.#events.slice(-tail);
  }

  /** Calls `watcher` for every event from now on. @returns ends that */
  watch(watcher: (event: MachineEvent) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }
}

/** The wire form of an event. */
export function encodeEvent(event: MachineEvent): Message {
  return {
    data: { type_url: `talos/runtime/${event.type}`, value: codec(event.type).encode(event.payload) },
    id: event.id,
    actor_id: event.actorId,
  };
}

// An xid: seconds, machine and process, counter; 12 bytes in base32hex.
function eventId(machine: Buffer, counter: number): string {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(Math.floor(Date.now() / 1000), 0);
  machine.copy(bytes, 4);
  bytes.writeUIntBE(counter & 0xffffff, 9, 3);
  let id = "";
  for (let bit = 0; bit < 100; bit += 5) {
    let value = 0;
    for (let i = bit; i < bit + 5; i++) {
      const byte = bytes[i >> 3] ?? 0;
      value = (value << 1) | ((byte >> (7 - (i & 7))) & 1);
    }
    id += alphabet[value] ?? "0";
  }
  return id;
}
