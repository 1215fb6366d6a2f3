// From raw values to values of the right form, and every mistake among them. Values that are wrong are left out and the
// rest is handed on, so that rules between values can be checked in the same go: people want all their mistakes at once.
import { z } from "zod";
import { problem, type Problem } from "./problem.ts";
import { stackSchema, type StackInput } from "./schema.ts";
import { isRecord, mapChildren, pathText } from "./walk.ts";

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
  /** The same when there are no problems. */
  readonly complete: StackInput | undefined;
  readonly problems: readonly Problem[];
}

/** Reads the values below `home-ops:`, keyed without the namespace. */
export function readStack(raw: Readonly<Record<string, unknown>>): StackReading {
  const { data, error } = stackSchema.safeParse(raw);
  const problems = (error?.issues ?? []).map(({ path, message: text }) => {
    // Zod has one text for an issue.
    const [message = "", ...todo] = text.split(" → ");
    return problem(pathText(path), message, todo.join(" → "));
  });
  return { values: data ?? (rightPart(stackSchema, raw) as Values), complete: data, problems };
}

/** What of a value its schema takes, with defaults; undefined where it takes nothing, and in the place of an element of a list. */
function rightPart(schema: z.ZodType, raw: unknown): unknown {
  const { success, data } = schema.safeParse(raw);
  if (success) return data;
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault)
    return rightPart(schema.unwrap() as z.ZodType, raw);
  if (schema instanceof z.ZodArray)
    return Array.isArray(raw)
      ? raw.map((element) => rightPart(schema.element as z.ZodType, element))
      : undefined;
  if (!(schema instanceof z.ZodObject) || !isRecord(raw)) return undefined;
  return mapChildren(schema.shape, (inner, key) => rightPart(inner as z.ZodType, raw[key]));
}
