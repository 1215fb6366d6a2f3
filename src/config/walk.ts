// Ways through a machine config patch, which is a piece of YAML of any form.

/** A step through an object or a list. */
export type Segment = string | number;

/** The value at a path, e.g. at `["machine", "install", "disk"]`; undefined where there is none. */
export function valueAt(value: unknown, path: readonly Segment[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      isNested(inner) && Object.hasOwn(inner, key) ? (inner as Record<Segment, unknown>)[key] : undefined,
    value,
  );
}

/** Whether something is inside: an object or a list. */
export function isNested(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Whether it is an object with keys, and not a list or a value of a class. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (!isNested(value) || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** What is directly inside of a list or an object, by key; nothing of any other value. */
export function childrenOf(value: unknown): readonly (readonly [Segment, unknown])[] {
  if (Array.isArray(value)) return [...(value as readonly unknown[]).entries()];
  return isRecord(value) ? Object.entries(value) : [];
}

/** A copy of a list or an object with other values inside; any other value itself. */
export function mapChildren(value: unknown, child: (value: unknown, key: Segment) => unknown): unknown {
  if (!Array.isArray(value) && !isRecord(value)) return value;
  const children = childrenOf(value).map(([key, inner]) => [key, child(inner, key)] as const);
  return Array.isArray(value) ? children.map(([, inner]) => inner) : Object.fromEntries(children);
}

/** All values that hold no others, with their paths, in the order in which they stand; an empty list or object is one. */
export function leavesOf(
  value: unknown,
  path: readonly Segment[] = [],
): readonly (readonly [readonly Segment[], unknown])[] {
  const children = childrenOf(value);
  if (children.length === 0) return [[path, value]];
  return children.flatMap(([key, child]) => leavesOf(child, [...path, key]));
}

/** A path as `pulumi config set --path` takes it and as people read it, e.g. `patches.common[0].machine.env["a.b"]`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((segment, index) => {
      if (typeof segment === "number") return `[${segment}]`;
      const key = String(segment);
      if (!/^[\w$-]+$/.test(key)) return `[${JSON.stringify(key)}]`;
      return index === 0 ? key : `.${key}`;
    })
    .join("");
}
