import type { RunResult } from "../../steps/run.ts";
import { reasonOf, unframed } from "../../steps/talosctl.ts";

/** Why `talosctl upgrade` failed: the reason of Talos' sequence, as talosctl heard it; its own words where it heard nothing. */
export function failureOf(result: RunResult): string {
  const sequence = /sequence error: ([^\n]+)/.exec(result.stderr)?.[1];
  if (sequence !== undefined) return `the installer failed: ${unframed(sequence)}`;
  const said =
    /^.*\bcode = \w+ desc = .*$/m.exec(result.stderr)?.[0] ?? /error: ([^\n]+)/.exec(result.stderr)?.[1];
  return `talosctl upgrade failed: ${said === undefined ? reasonOf(result) : unframed(said)}`;
}
