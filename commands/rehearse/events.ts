// What a run of pulumi did, from its event log. Pure. Source: pulumi/pulumi sdk/go/common/apitype/events.go.
import { actions, nameOf } from "../plan/preview.ts";
import type { Action } from "../plan/preview.ts";

/** What happened to one resource. */
export interface Change {
  /** Logical name, e.g. `talos-k8s-1-os`. */
  readonly name: string;
  readonly op: Action;
  /** Whole seconds, as the log has them. */
  readonly seconds: number;
}

/** A run. */
export interface RunRecord {
  /** In the order in which they began; none for what stays as it is. */
  readonly changes: readonly Change[];
  readonly errors: readonly string[];
}

interface StepEvent {
  readonly metadata: { readonly op: string; readonly urn: string };
}

interface EngineEvent {
  readonly timestamp: number;
  readonly resourcePreEvent?: StepEvent;
  readonly resOutputsEvent?: StepEvent;
  readonly resOpFailedEvent?: StepEvent;
  readonly diagnosticEvent?: { readonly urn?: string; readonly message: string; readonly severity: string };
}

/** What the engine says at the end of every run that failed, whatever the reason. */
const closing = new Set(["update failed", "preview failed"]);

/** Reads an event log: one JSON object a line. A line that was cut off by the engine's end is left out. */
export function readEvents(log: string): RunRecord {
  const changes = new Map<string, { op: Change["op"]; seconds: number; since: number }>();
  const errors = new Set<string>();
  for (const event of eventsIn(log)) {
    const { resourcePreEvent: begins, diagnosticEvent: diagnostic } = event;
    const ends = event.resOutputsEvent ?? event.resOpFailedEvent;
    if (begins !== undefined) {
      const op = actions[begins.metadata.op];
      const known = changes.get(begins.metadata.urn);
      if (op !== undefined)
        changes.set(begins.metadata.urn, {
          op: known === undefined ? op : "replace",
          seconds: known?.seconds ?? 0,
          since: event.timestamp,
        });
    }
    const ended = ends === undefined ? undefined : changes.get(ends.metadata.urn);
    if (ended !== undefined && ends?.metadata.op !== "replace") {
      ended.seconds += event.timestamp - ended.since;
      ended.since = event.timestamp;
    }
    if (diagnostic?.severity === "error") errors.add(messageOf(diagnostic));
  }
  return {
    changes: [...changes].map(([urn, { op, seconds }]) => ({ name: nameOf(urn), op, seconds })),
    errors: [...errors].filter((text) => !closing.has(text) || errors.size === 1),
  };
}

function eventsIn(log: string): readonly EngineEvent[] {
  return log.split("\n").flatMap((line) => {
    try {
      return line === "" ? [] : [JSON.parse(line) as EngineEvent];
    } catch {
      return [];
    }
  });
}

/** With the resource's name, unless it is the program's own message. */
function messageOf({ urn, message }: { readonly urn?: string; readonly message: string }): string {
  // Marks of colours, as in `<{%fg 1%}>`.
  const text = message.replaceAll(/<\{%[^%]*%\}>/g, "").trim();
  return urn === undefined || urn === "" || urn.includes("::pulumi:pulumi:Stack::")
    ? text
    : `${nameOf(urn)}: ${text}`;
}
