// What differs between two sets of properties, in the words of the engine's detailed diff.
import type { Properties, Value } from "./values.ts";
import { equal, isList, isObject, UNKNOWN } from "./values.ts";

/** One difference. */
export interface Difference {
  /** Path as the engine reads it, e.g. `configPatches[1]`, `environment.TOKEN`, `environment["a.b"]`. */
  readonly path: string;
  /** The property's name, the first part of the path. */
  readonly property: string;
  readonly kind: "add" | "delete" | "update";
}

/** All differences, down to the single value. */
export function differences(olds: Properties, news: Properties): Difference[] {
  const found: Difference[] = [];
  const walk = (
    before: Value | undefined,
    after: Value | undefined,
    path: string,
    property: string,
  ): void => {
    if (equal(before, after)) return;
    if (isObject(before) && isObject(after)) {
      for (const key of new Set([...Object.keys(before), ...Object.keys(after)]))
        walk(before[key], after[key], path + step(key), property);
      return;
    }
    if (isList(before) && isList(after)) {
      for (let i = 0; i < Math.max(before.length, after.length); i++)
        walk(before[i], after[i], `${path}[${i}]`, property);
      return;
    }
    const gone = after === undefined || after === null;
    const fresh = before === undefined || before === null;
    found.push({ path, property, kind: gone ? "delete" : fresh && after !== UNKNOWN ? "add" : "update" });
  };
  for (const name of new Set([...Object.keys(olds), ...Object.keys(news)]))
    walk(olds[name], news[name], name, name);
  return found;
}

function step(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}
