// Values out of YAML that nobody has checked: each function takes anything and gives what is usable of it.

/** A map of unknown content. */
export type Fields = Readonly<Record<string, unknown>>;

/** The value as a map; anything else is an empty one. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** The value as a list; anything else is an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

/** The value if it is a text that says something. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** What stands at a path, e.g. `valueAt(object, "spec", "sourceRef", "name")`. */
export function valueAt(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof key === "number" ? listOf(at)[key] : fieldsOf(at)[key]),
    value,
  );
}

/** Labels or annotations: names with texts. YAML makes `true` of an unquoted one, which Kubernetes would refuse. */
export function textsOf(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(fieldsOf(value)).flatMap(([key, text]) =>
      text === null || typeof text === "object" ? [] : [[key, String(text)]],
    ),
  );
}

/** The value with every text in it changed. */
export function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [change(key), mapTexts(item, change)]),
  );
}
