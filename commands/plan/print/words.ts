// What terminal and Markdown say in the same words.
import { count, duration } from "../text.ts";
import type { FluxBundleDiff, Plan, PlanChange, PlanRow } from "../types.ts";

/** The first line. */
export function headline({ stack, outcome, rows, seconds }: Plan): string {
  if (outcome === "nothing") return `Stack ${stack}: nothing changes.`;
  return `Stack ${stack}: ${count(rows.length, "change")}, ${duration(seconds)} in all (an estimate)`;
}

/** More names than these are counted. */
const mostNames = 6;

/** A list of machines that stays readable in a cluster of fifty. */
export function names(all: readonly string[]): string {
  if (all.length <= mostNames) return all.join(", ");
  return `${all.slice(0, mostNames - 1).join(", ")} and ${String(all.length - mostNames + 1)} more`;
}

/** What is lost, said before everything else; undefined when nothing is. */
export function destruction({ rows }: Plan): string | undefined {
  const bad = rows.filter(({ destructive }) => destructive);
  if (bad.length === 0) return undefined;
  return `DESTRUCTIVE: ${bad.map(({ on, what, because }) => `${names(on)} ${what} (${because})`).join("; ")}`;
}

/** One value of a row, e.g. `v1.11.6 → v1.12.0`. */
function changeText({ name, from, to }: PlanChange): string {
  if (name === undefined) return [from, to].filter((value) => value !== undefined).join(" → ");
  const values = from === to ? (to ?? "") : `${from ?? "(none)"} → ${to ?? "(none)"}`;
  return `${name}: ${values}`;
}

/** More values than these are in the diff below. */
const mostChanges = 4;

/** The lines of a row's column `from → to`; at least one. */
export function changeLines({ changes }: PlanRow): readonly string[] {
  const lines = changes.slice(0, mostChanges).map(changeText);
  if (changes.length > mostChanges) lines.push(`… and ${String(changes.length - mostChanges)} more`);
  return lines.length === 0 ? [""] : lines;
}

/** How many of the preview's operations only look. */
export function looksText({ steps, rows }: Plan): string | undefined {
  const more = steps.length - rows.length;
  return more <= 0
    ? undefined
    : `${count(steps.length, "operation")} in the preview; those that only look are part of the rows.`;
}

/** One line about the bundles. */
export function bundleLine({ from, to, added, removed, changed, problem }: FluxBundleDiff): string {
  const versions = `Flux's install bundle ${from} → ${to}`;
  if (problem !== undefined) return `${versions}: not compared, ${problem}`;
  const numbers = [
    `${String(added.length)} added`,
    `${String(removed.length)} removed`,
    `${String(changed.length)} changed`,
  ];
  return `${versions}: objects ${numbers.join(", ")}`;
}
