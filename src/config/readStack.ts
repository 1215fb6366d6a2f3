// From raw values to values of the right form, and every mistake among them. Values that are wrong are left out and the
// rest is handed on, so that rules between values can be checked in the same go: people want all their mistakes at once.
import type { z } from "zod";
import { problem, type Problem } from "./problem.ts";
import { cloned } from "./secretText.ts";
import { defaults, stackSchema, type StackInput } from "./schema.ts";
import { nearest } from "./suggest.ts";
import { pathText } from "./walk.ts";

/** Every part of a value may be missing. */
export type DeepPartial<T> = T extends (infer Element)[]
  ? (DeepPartial<Element> | undefined)[]
  : T extends object
    ? { [Key in keyof T]?: DeepPartial<T[Key]> }
    : T;

/** The valid values of a stack config; everything is optional where there are problems. */
export type Values = DeepPartial<StackInput>;

/** What was read. */
export interface StackReading {
  readonly values: Values;
  /** The same when there are none. */
  readonly complete: StackInput | undefined;
  readonly problems: readonly Problem[];
}

/** Reads the values below `home-ops:`, keyed without the namespace. */
export function readStack(raw: Readonly<Record<string, unknown>>): StackReading {
  const result = stackSchema.safeParse(raw);
  if (result.success) return { values: result.data, complete: result.data, problems: [] };
  const values = cloned(raw) as Record<string, unknown>;
  for (const issue of result.error.issues) for (const path of wrongPaths(issue)) remove(values, path);
  return {
    values: withDefaults(values),
    complete: undefined,
    problems: result.error.issues.flatMap(problemsOf),
  };
}

function problemsOf(issue: z.core.$ZodIssue): Problem[] {
  if (issue.code !== "unrecognized_keys") {
    // Zod has one text for an issue.
    const [message = "", ...todo] = issue.message.split(" → ");
    return [problem(pathText(issue.path), message, todo.join(" → "))];
  }
  const known = knownKeys(stackSchema, issue.path);
  return issue.keys.map((key) => {
    const meant = nearest(key, known);
    const advice =
      meant === undefined ? `remove it; known are ${known.join(", ")}` : `did you mean ${meant}?`;
    return problem(pathText([...issue.path, key]), "unknown key", advice);
  });
}

/** What the schema fills in only where everything is right. A key that is there but wrong stays undefined. */
function withDefaults(values: Values): Values {
  const { tree, ageKeyFile, git, upgrades } = defaults;
  return {
    tree,
    ageKeyFile,
    ...values,
    git: { ...git, ...values.git },
    upgrades: { ...upgrades, ...values.upgrades },
  };
}

/** Of a section with an unknown key only that key is wrong. */
function wrongPaths(issue: z.core.$ZodIssue): readonly (readonly PropertyKey[])[] {
  if (issue.code !== "unrecognized_keys") return [issue.path];
  return issue.keys.map((key) => [...issue.path, key]);
}

/** The keys that the section at `path` may have. */
function knownKeys(schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] {
  const { def } = schema as z.ZodType & {
    def: { innerType?: z.ZodType; element?: z.ZodType; shape?: z.ZodRawShape };
  };
  if (def.innerType !== undefined) return knownKeys(def.innerType, path);
  const [next, ...rest] = path;
  if (next === undefined) return Object.keys(def.shape ?? {});
  const inner = def.element ?? def.shape?.[String(next)];
  return inner === undefined ? [] : knownKeys(inner, rest);
}

/** Takes the value at a path away; the places of its neighbours in a list stay. */
function remove(values: Record<PropertyKey, unknown>, path: readonly PropertyKey[]): void {
  const [key, ...rest] = path;
  if (key === undefined) return;
  if (rest.length === 0) {
    values[key] = undefined;
    return;
  }
  const inner = values[key];
  if (typeof inner === "object" && inner !== null) remove(inner as Record<PropertyKey, unknown>, rest);
}
