// How the doctor writes down what it has found. Pure.
import type { Paint } from "../paint.ts";

/** One thing that was looked at on this computer. */
export interface Finding {
  /** `missing` is what an `up` fails without. */
  readonly state: "ok" | "warning" | "missing";
  readonly what: string;
  readonly found: string;
  readonly todo?: string;
}

const colours = { ok: "green", warning: "yellow", missing: "red" } as const;

/** One line, and one more with the next step. */
export function findingLines({ state, what, found, todo }: Finding, paint: Paint): readonly string[] {
  const line = `${paint(colours[state], state.padEnd(7))}  ${what.padEnd(14)}  ${found}`;
  return todo === undefined ? [line] : [line, `${" ".repeat(25)}→ ${todo}`];
}
