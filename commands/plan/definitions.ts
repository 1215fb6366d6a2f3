// Definitions of custom resources, short enough to compare: which versions there are, and which fields they have. Their
// schemas are thousands of lines, most of them descriptions.

type Fields = Readonly<Record<string, unknown>>;

interface Version extends Fields {
  readonly name: string;
  readonly schema?: { readonly openAPIV3Schema?: Schema };
}

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
}

interface Definition extends Fields {
  readonly kind: string;
  readonly spec: Fields & { readonly versions: readonly Version[] };
}

/** Whether an object defines custom resources. */
export function isDefinition(object: unknown): object is Definition {
  return (object as { readonly kind?: unknown } | null)?.kind === "CustomResourceDefinition";
}

/** Both definitions by version, with the fields of those versions that both have. */
export function summaries(before: Definition, after: Definition): readonly [unknown, unknown] {
  return [summary(before, versionsOf(after)), summary(after, versionsOf(before))];
}

function versionsOf({ spec }: Definition): readonly string[] {
  return spec.versions.map(({ name }) => name);
}

function summary(definition: Definition, shared: readonly string[]): unknown {
  const versions = definition.spec.versions.map(
    ({ name, schema, additionalPrinterColumns: _columns, ...rest }) => [
      name,
      shared.includes(name)
        ? { ...rest, fields: Object.fromEntries(fieldsOf(schema?.openAPIV3Schema, "")) }
        : rest,
    ],
  );
  return { ...definition, spec: { ...definition.spec, versions: Object.fromEntries(versions) as Fields } };
}

/** Every field with its type, e.g. `spec.ref.tag: string`; what is inside lists and maps follows `[]`. */
function fieldsOf(schema: Schema | undefined, path: string): readonly (readonly [string, string])[] {
  if (schema === undefined) return [];
  const inner = Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
    fieldsOf(field, path === "" ? name : `${path}.${name}`),
  );
  const { items, additionalProperties } = schema;
  const inList = [items, additionalProperties].flatMap((item) =>
    typeof item === "object" ? fieldsOf(item, `${path}[]`) : [],
  );
  const own = path === "" ? [] : [[path, schema.type ?? "any"] as const];
  return [...own, ...inner, ...inList];
}
