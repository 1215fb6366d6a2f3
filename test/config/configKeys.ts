// Every key of the stack config, read from its schema.
import { z } from "zod";
import { stackSchema } from "../../src/config/schema.ts";

/** All keys below `home-ops:`, as the docs write them, e.g. `cluster.name`, `nodes[].address`, `git.knownHosts`. */
export function configKeys(): readonly string[] {
  return keysOf(stackSchema, "");
}

function keysOf(schema: unknown, path: string): readonly string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return keysOf(schema.unwrap(), path);
  if (schema instanceof z.ZodObject)
    return Object.entries(schema.shape as Readonly<Record<string, unknown>>).flatMap(([key, inner]) =>
      keysOf(inner, path === "" ? key : `${path}.${key}`),
    );
  if (schema instanceof z.ZodArray && schema.element instanceof z.ZodObject)
    return keysOf(schema.element, `${path}[]`);
  return [path];
}
