// What a rule of check:cluster is.
import { nearest } from "../../src/config/suggest.ts";
import type { FieldPath, Finding, Origin } from "../../tree/index.ts";
import type { CheckContext } from "./context.ts";

/** One thing that may be wrong with a tree. */
export interface Rule {
  /** e.g. `path-exists` */
  readonly name: string;
  /** What must be true, in one line for `--help`. */
  readonly what: string;
  readonly check: (context: CheckContext) => readonly Finding[];
}

/** A finding at a field of an object. */
export function finding(source: Origin, field: FieldPath, message: string, fix: string): Finding {
  return { file: source.file, line: source.line(...field), message, fix };
}

/** Names for people, e.g. `a, b and c`. */
export function listText(names: readonly string[]): string {
  const last = names.at(-1) ?? "";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}

/** The first two of them, e.g. `a, b and 3 more`. */
export function filesText(files: readonly string[]): string {
  const sorted = files.toSorted();
  return listText(sorted.length > 3 ? [...sorted.slice(0, 2), `${String(sorted.length - 2)} more`] : sorted);
}

/** The other name that a misspelt one most probably means; undefined when none is near. */
export function nearestName(name: string, names: Iterable<string>): string | undefined {
  return nearest(
    name,
    [...names].filter((other) => other !== name),
  );
}

/** `; did you mean x?` where one of the names differs in a few letters only. */
export function suggestion(name: string, names: Iterable<string>): string {
  const near = nearestName(name, names);
  return near === undefined ? "" : `; did you mean ${near}?`;
}
