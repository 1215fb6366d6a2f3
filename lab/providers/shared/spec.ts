// What a resource's properties are: the one description from which inputs are checked, secrets are marked and the
// schema for GetSchema is written.
import type { Path, Properties, Value } from "./values.ts";
import { isList, isObject, UNKNOWN } from "./values.ts";

/** One property. */
export interface PropertySpec {
  readonly type: "string" | "boolean" | "number" | "array" | "object" | "map" | "any";
  readonly description: string;
  /** Whether the provider itself marks it secret in what it returns. Default false. */
  readonly secret?: boolean;
  /** Element of an array or a map. */
  readonly items?: PropertySpec;
  /** Properties of an object. */
  readonly properties?: PropertySpecs;
  /** Names in {@link properties} that must be there. Default: none. */
  readonly required?: readonly string[];
  /** Token of the object's type in the schema, e.g. `talos:machine/generated:ClientConfiguration`. */
  readonly ref?: string;
  /** Allowed values of a string. */
  readonly values?: readonly string[];
}

/** Properties by name. */
export type PropertySpecs = Readonly<Record<string, PropertySpec>>;

/** One mistake in a resource's or a provider's inputs. */
export interface CheckProblem {
  /** Property path, e.g. `clientConfiguration.clientKey`; empty when it concerns all of them. */
  readonly property: string;
  readonly reason: string;
}

const spoken: Readonly<Record<PropertySpec["type"], string>> = {
  string: "a string",
  boolean: "a boolean",
  number: "a number",
  array: "a list",
  object: "an object",
  map: "a map",
  any: "anything",
};

/** Values without what their description does not know, at any depth. The engine's own names stay. */
export function knownProperties(specs: PropertySpecs, values: Properties): Properties {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([name]) => name in specs || name.startsWith("__"))
      .map(([name, value]) => {
        const inner = specs[name]?.properties;
        return [name, inner !== undefined && isObject(value) ? knownProperties(inner, value) : value];
      }),
  );
}

/** Checks values against their description: unknown names, missing ones, wrong types. An unknown value fits everything. */
export function checkProperties(
  specs: PropertySpecs,
  required: readonly string[],
  values: Properties,
  prefix = "",
): CheckProblem[] {
  const problems: CheckProblem[] = [];
  for (const name of required)
    if ((values[name] ?? null) === null)
      problems.push({ property: prefix + name, reason: `Missing required property '${prefix}${name}'` });
  for (const [name, value] of Object.entries(values)) {
    // Names with two underscores are the engine's and the SDKs' own.
    if (value === null || name.startsWith("__")) continue;
    const spec = specs[name];
    if (spec === undefined)
      problems.push({
        property: prefix + name,
        reason: `'${prefix}${name}' is not a property of it; there are: ${Object.keys(specs).join(", ")}`,
      });
    else problems.push(...checkValue(spec, value, prefix + name));
  }
  return problems;
}

function checkValue(spec: PropertySpec, value: Value, path: string): CheckProblem[] {
  if (value === UNKNOWN || value === null || spec.type === "any") return [];
  const wrong = (): CheckProblem[] => [
    // Never the value itself: it may be a secret.
    { property: path, reason: `'${path}' must be ${spoken[spec.type]}, not ${kindOf(value)}` },
  ];
  switch (spec.type) {
    case "string":
      if (typeof value !== "string") return wrong();
      if (spec.values !== undefined && !spec.values.includes(value))
        return [
          {
            property: path,
            reason: `'${path}' must be one of ${spec.values.map((v) => `"${v}"`).join(", ")}, got "${value}"`,
          },
        ];
      return [];
    case "array":
      if (!isList(value)) return wrong();
      return value.flatMap((item, index) =>
        spec.items ? checkValue(spec.items, item, `${path}[${index}]`) : [],
      );
    case "map":
      if (!isObject(value)) return wrong();
      return Object.entries(value).flatMap(([key, item]) =>
        spec.items ? checkValue(spec.items, item, `${path}.${key}`) : [],
      );
    case "object":
      if (!isObject(value)) return wrong();
      return checkProperties(spec.properties ?? {}, spec.required ?? [], value, `${path}.`);
    default:
      return typeof value === spec.type ? [] : wrong();
  }
}

function kindOf(value: Value): string {
  return isList(value) ? "a list" : isObject(value) ? "an object" : `a ${typeof value}`;
}

/** Places in the given values that their description calls secret. */
export function secretPaths(specs: PropertySpecs, values: Properties): Path[] {
  const paths: Path[] = [];
  const walk = (spec: PropertySpec, value: Value, path: Path): void => {
    if (spec.secret === true) {
      paths.push(path);
      return;
    }
    if (spec.properties && isObject(value)) walkAll(spec.properties, value, path);
    else if (spec.items && isList(value))
      value.forEach((item, index) => walk(spec.items as PropertySpec, item, [...path, index]));
  };
  const walkAll = (all: PropertySpecs, object: Properties, path: Path): void => {
    for (const [name, spec] of Object.entries(all)) {
      const value = object[name];
      if (value !== undefined && value !== null) walk(spec, value, [...path, name]);
    }
  };
  walkAll(specs, values, []);
  return paths;
}
