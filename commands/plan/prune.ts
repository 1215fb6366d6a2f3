// Two values reduced to where they differ. What is left of a long YAML text then shows the whole way to each difference,
// and is the same for machines that differ in nothing else.
import { isDeepStrictEqual } from "node:util";
import { isFields } from "../../src/steps/mask.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Both values without what is equal in them. Items of a list keep their name, which says what they are. */
export function prune(before: unknown, after: unknown): readonly [unknown, unknown] {
  if (isFields(before) && isFields(after)) return pruneFields(before, after);
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length)
    return pruneLists(before, after);
  return [before, after];
}

function pruneFields(before: Fields, after: Fields): readonly [Fields, Fields] {
  const left: Record<string, unknown> = {};
  const right: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (isDeepStrictEqual(before[key], after[key])) continue;
    const [old, next] = prune(before[key], after[key]);
    if (key in before) left[key] = isEmptied(before[key], old) ? null : old;
    if (key in after) right[key] = isEmptied(after[key], next) ? null : next;
  }
  return [left, right];
}

/** This side differs only in what it lacks: its key stays, to show where. */
function isEmptied(value: unknown, rest: unknown): boolean {
  return isFields(value) && isFields(rest) && Object.keys(value).length > 0 && Object.keys(rest).length === 0;
}

function pruneLists(before: readonly unknown[], after: readonly unknown[]): readonly [unknown, unknown] {
  const pairs = before
    .map((old, index) => [old, after[index]] as const)
    .filter(([old, next]) => !isDeepStrictEqual(old, next))
    .map(([old, next]) => {
      const [left, right] = prune(old, next);
      return [named(old, left), named(next, right)] as const;
    });
  return [pairs.map(([old]) => old), pairs.map(([, next]) => next)];
}

function named(item: unknown, rest: unknown): unknown {
  return isFields(item) && isFields(rest) && "name" in item ? { name: item["name"], ...rest } : rest;
}
