// The stack config as a rehearsal reads it: out of a stack file, which no engine has seen.
import { parse } from "yaml";
import type { z } from "zod";
import { checkStack } from "../../src/config/parseConfig.ts";
import { describeProblems } from "../../src/config/problem.ts";
import type { stackSchema } from "../../src/config/schema.ts";

/** A valid stack config as it is written, without `home-ops:`. */
export type StackValues = z.input<typeof stackSchema>;

/** One of its machines. */
export type StackNode = StackValues["nodes"][number];

/** A piece of machine config. */
export type Patch = Readonly<Record<string, unknown>>;

/** The program would say no. */
export class Refused extends Error {}

const namespace = "home-ops:";

/** Reads the text of a stack file and checks it as the program does. @throws Refused with everything that is wrong */
export function readStackFile(text: string, stack: string): StackValues {
  const { config = {} } = (parse(text) ?? {}) as { config?: Readonly<Record<string, unknown>> };
  const raw = Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => key.startsWith(namespace))
      .map(([key, value]) => [key.slice(namespace.length), value]),
  );
  const { problems } = checkStack(raw);
  if (problems.length > 0) throw new Refused(describeProblems(stack, problems));
  return raw as StackValues;
}
