// What a rule of check:cluster is, what it is told, and how it words what it finds.
import { nearest } from "../../src/config/suggest.ts";
import type { FieldPath, Finding, Origin, TreeModel } from "../../tree/index.ts";
import type { BuildAnswer } from "../tree/types.ts";
import type { StackPins } from "./stackPins.ts";

/** One thing that may be wrong with a tree. */
export interface Rule {
  readonly name: string;
  /** What must be true, in one line for `--help`. */
  readonly what: string;
  readonly check: (context: CheckContext) => readonly Finding[];
}

/** What every rule is told. */
export interface CheckContext {
  readonly model: TreeModel;
  /** Whether it is a tree of this program, which hands its four objects over and makes its secrets. */
  readonly isHandOff: boolean;
  readonly stacks: readonly StackPins[];
  /** The version of Kubernetes to check against, e.g. `v1.36.3`; undefined: the newest known. */
  readonly kubernetes: string | undefined;
  /** What cluster-build made of the tree: one answer per cluster; none where the program is not there. */
  readonly builds: readonly BuildAnswer[];
}

/** A finding at a field of an object. */
export function finding(source: Origin, field: FieldPath, message: string, fix: string): Finding {
  return { file: source.file, line: source.line(...field), message, fix };
}

/** `namespace/name`; the name alone where nobody knows the namespace. */
export function placeText({ namespace, name }: { namespace?: string | undefined; name: string }): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** Names for people, e.g. `a, b and c`; of more than `most` the first two, e.g. `a, b and 3 more`. */
export function listText(all: readonly string[], most = Infinity): string {
  const names = all.length > most ? [...all.slice(0, 2), `${String(all.length - 2)} more`] : all;
  const last = names.at(-1) ?? "";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}

/** The other name that a misspelt one most probably means; undefined when none is near. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  return nearest(
    name,
    names.filter((other) => other !== name),
  );
}

/** `; did you mean x?` where one of the names differs in a few letters only. */
export function suggestion(name: string, names: readonly string[]): string {
  const near = nearestName(name, names);
  return near === undefined ? "" : `; did you mean ${near}?`;
}
