// What a rule of check:cluster is.
import type { Finding } from "../../src/flux/tree/finding.ts";
import type { FieldPath, Origin } from "../../src/flux/tree/model/objects.ts";
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

/** `; did you mean x?` where one of the names differs in a few letters only. */
export function suggestion(name: string, names: Iterable<string>): string {
  const near = [...names].find(
    (other) => other !== name && distance(name, other) <= Math.max(1, name.length / 4),
  );
  return near === undefined ? "" : `; did you mean ${near}?`;
}

/** Levenshtein's distance. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++)
      next.push(
        Math.min(
          (next[j - 1] ?? 0) + 1,
          (row[j] ?? 0) + 1,
          (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1),
        ),
      );
    row = next;
  }
  return row[other.length] ?? 0;
}
