// How the inputs of a step travel: as environment variables, which a Command takes as texts only. `controlPlanes` becomes
// CONTROL_PLANES, the `name` of an input `node` NODE_NAME, a list of texts one line each, other lists JSON. So a preview shows
// each input by itself and under its name. (`/bin/sh` drops names with a dot.)
import { z } from "zod";
import type { Contract, Fields, InputOf } from "./contract.ts";
import { StepError } from "./stepError.ts";

type Values = Readonly<Record<string, unknown>>;

/** What travels in one variable, e.g. NODE_NAME. */
export interface Carried {
  readonly name: string;
  readonly field: z.ZodType;
  readonly value: unknown;
}

/** The variables that carry the given values, e.g. NODE_NAME with `k8s-1`. What is undefined has none. */
export function carried(fields: Fields, given: Values, prefix = ""): readonly Carried[] {
  return Object.entries(fields).flatMap(([key, field]) => {
    const [name, value] = [prefix + variable(key), given[key]];
    if (field instanceof z.ZodObject) return carried(field.shape, value as Values, `${name}_`);
    return value === undefined ? [] : [{ name, field, value }];
  });
}

/** The text for a value. Nothing of an object travels but what the contract names. */
export function textOf(field: z.ZodType, value: unknown): string {
  const told = field.parse(value);
  if (typeof told === "string") return told;
  const isLines = Array.isArray(told) && told.length > 0 && told.every((one) => typeof one === "string");
  return isLines ? told.join("\n") : JSON.stringify(told);
}

/**
 * Reads a step's inputs and secrets back.
 * @throws StepError naming the step and every input that is missing or of another type; it shows no value
 */
export function inputsOf<C extends Contract>(
  { name, inputs, secrets, inherited }: C,
  environment: NodeJS.ProcessEnv,
): InputOf<C> {
  const fields = { ...inputs, ...secrets, ...inherited };
  const parsed = z.object(fields).safeParse(values(fields, environment));
  if (parsed.success) return parsed.data as InputOf<C>;
  const problems = parsed.error.issues.map(({ path, message }) => {
    const found = message
      .replace(/^Invalid (input|option): /, "")
      .replace("received undefined", "but it is not set");
    // What is inside a list travels in the variable of the list.
    const end = path.findIndex((key) => typeof key === "number");
    const carrier = variable((end === -1 ? path : path.slice(0, end)).join("_"));
    return `${path.join(".")} (${carrier}): ${found}`;
  });
  throw new StepError(
    `step ${name}: ${problems.join("; ")}`,
    "run this step through pulumi up, which sets its inputs",
  );
}

function values(fields: Fields, environment: NodeJS.ProcessEnv, prefix = ""): Values {
  const pairs = Object.entries(fields).map(([key, field]) => {
    const name = prefix + variable(key);
    if (field instanceof z.ZodObject) return [key, values(field.shape, environment, `${name}_`)];
    return [key, environment[name] ? valueOf(field, environment[name]) : undefined];
  });
  return Object.fromEntries(pairs) as Values;
}

/** What is not in its form is left as it stands: the contract says then what it should be. */
function valueOf(field: z.ZodType, found: string): unknown {
  const inner = field instanceof z.ZodOptional ? field.unwrap() : field;
  if (inner instanceof z.ZodString || inner instanceof z.ZodEnum) return found;
  const isLines = inner instanceof z.ZodArray && inner.element instanceof z.ZodString && found !== "[]";
  if (isLines) return found.split("\n");
  try {
    return JSON.parse(found);
  } catch {
    return found;
  }
}

/** e.g. `controlPlanes` → `CONTROL_PLANES` */
function variable(key: string): string {
  return key.replace(/(?<=[a-z\d])[A-Z]/g, "_$&").toUpperCase();
}
