// How the doctor writes down what it has found. Pure.
import type { Paint } from "../paint.ts";

/** One thing that was looked at on this computer. */
export interface Finding {
  /** `missing` is what an `up` fails without. */
  readonly state: "ok" | "warning" | "missing";
  /** e.g. `talosctl` */
  readonly what: string;
  /** What was found, in a few words. */
  readonly found: string;
  /** The next step; for everything that is not ok. */
  readonly todo?: string;
}

const colours = { ok: "green", warning: "yellow", missing: "red" } as const;

/** One line, and one more with the next step. */
export function findingLines({ state, what, found, todo }: Finding, paint: Paint): readonly string[] {
  const line = `${paint(colours[state], state.padEnd(7))}  ${what.padEnd(14)}  ${found}`;
  return todo === undefined ? [line] : [line, `${" ".repeat(25)}→ ${todo}`];
}

/** Texts beside each other that say the same are one; the newest first. */
export function distinct(texts: readonly string[], most: number): readonly string[] {
  // What differs from one try to the next says nothing: temporary folders, durations, ids.
  const plain = (text: string): string => text.replaceAll(/\d+(\.\d+)?|[0-9a-f]{8,}/g, "#");
  const seen = new Map(texts.toReversed().map((text) => [plain(text), text]));
  return [...seen.values()].toReversed().slice(0, most);
}
