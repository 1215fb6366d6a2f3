// The services of one boot as `talosctl service` shows them, each with the history of its states.
import type { EventLog } from "./events.ts";
import type { ServiceStatus } from "./runtime.ts";
import type { Message } from "./protos.ts";

interface Entry {
  status: ServiceStatus;
  changedAt: Date;
  readonly events: { msg: string; state: string; at: Date }[];
}

const actions: Readonly<Record<ServiceStatus["state"], string>> = {
  Waiting: "WAITING",
  Preparing: "PREPARING",
  Running: "RUNNING",
  Finished: "FINISHED",
  Failed: "FAILED",
};

/** Services every running machine has; their processes are part of the stand-in. */
export function builtinServices(controlPlane: boolean, criUp: boolean): ServiceStatus[] {
  const running = (id: string, healthy: boolean | undefined): ServiceStatus => ({
    id,
    state: "Running",
    healthy,
    message: healthy === undefined ? "Started task" : "Health check successful",
  });
  const waiting: ServiceStatus = {
    id: "cri",
    state: "Waiting",
    healthy: undefined,
    message: "Waiting for network",
  };
  return [
    running("apid", true),
    running("auditd", true),
    running("containerd", true),
    criUp ? running("cri", true) : waiting,
    running("dashboard", undefined),
    running("machined", true),
    running("syslogd", true),
    ...(controlPlane ? [running("trustd", true)] : []),
    running("udevd", true),
  ];
}

/** Remembers what each service went through since the machine booted. */
export class ServiceTable {
  readonly #entries = new Map<string, Entry>();

  /** Takes the services as they are now; what changed becomes history, and an event. */
  update(services: readonly ServiceStatus[], events: EventLog): void {
    for (const status of services) {
      const known = this.#entries.get(status.id);
      const healthChanged = known?.status.healthy !== status.healthy;
      const stateChanged = known?.status.state !== status.state || known.status.message !== status.message;
      if (known && !healthChanged && !stateChanged) continue;
      const entry = known ?? { status, changedAt: new Date(), events: [] };
      if (healthChanged || !known) entry.changedAt = new Date();
      entry.status = status;
      if (stateChanged) entry.events.push({ msg: status.message, state: status.state, at: new Date() });
      this.#entries.set(status.id, entry);
      events.publish("machine.ServiceStateEvent", {
        service: status.id,
        action: actions[status.state],
        message: status.message,
        health: healthOf(entry),
      });
    }
  }

  /** All services, by name. */
  list(): readonly ServiceStatus[] {
    return [...this.#entries.values()].map(({ status }) => status).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** One service, if it is known. */
  find(id: string): ServiceStatus | undefined {
    return this.#entries.get(id)?.status;
  }

  /** The form of `ServiceList`. */
  messages(): Message[] {
    return this.list().flatMap(({ id }) => {
      const entry = this.#entries.get(id);
      if (!entry) return [];
      return [
        {
          id,
          state: entry.status.state,
          events: { events: entry.events.map(({ msg, state, at }) => ({ msg, state, ts: timestamp(at) })) },
          health: healthOf(entry),
        },
      ];
    });
  }
}

/** A protobuf timestamp. */
export function timestamp(date: Date): Message {
  const ms = date.getTime();
  return { seconds: String(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1_000_000 };
}

function healthOf(entry: Entry): Message {
  const { healthy, message } = entry.status;
  return {
    unknown: healthy === undefined,
    healthy: healthy === true,
    last_message: healthy === undefined ? "" : healthy && entry.status.state === "Running" ? "" : message,
    last_change: timestamp(entry.changedAt),
  };
}
