// Property values between the engine and a provider: plain JSON, with two things hidden inside it.
//
// On the wire a secret is an object with a magic key and an unknown value (in a preview) is a magic string. Inside the
// stand-ins values are plain, unknown ones are always the one string UNKNOWN, and where the secrets were is kept beside
// them as paths, so that a value that comes back at the same place is secret again.

/** A property value as JSON knows it. */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };

/** The properties of a resource by name. */
export type Properties = Readonly<Record<string, Value>>;

/** Where a value lies: property name, then keys and indexes, e.g. `["environment", "TOKEN"]`. */
export type Path = readonly (string | number)[];

/** Properties together with the places that are secret. */
export interface Marked {
  readonly value: Properties;
  readonly secrets: readonly Path[];
}

/** Stands for a value that is not known yet, in a preview. Source: pulumi sdk/go/common/resource/plugin/rpc.go. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** The typed forms of the same (boolean, number, array, asset, archive, object), which older engines still send. */
const otherUnknowns = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/** Key and value that mark an object as a wrapped secret. Source: pulumi sdk/go/common/resource/sig. */
export const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
/** See {@link SIGNATURE_KEY}. */
export const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";

/** Whether a value is an object with keys (not null, not a list). */
export function isObject(value: unknown): value is Readonly<Record<string, Value>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is a list. (`Array.isArray` does not narrow readonly arrays.) */
export function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

/** Reads wire values: secrets are unwrapped and their places noted, unknown ones become {@link UNKNOWN}. */
export function decode(wire: unknown): Marked {
  const secrets: Path[] = [];
  const walk = (value: unknown, path: Path): Value => {
    if (typeof value === "string") return otherUnknowns.has(value) ? UNKNOWN : value;
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, index]));
    if (isObject(value)) {
      if (value[SIGNATURE_KEY] === SECRET_SIGNATURE) {
        secrets.push(path);
        return walk(value["value"] ?? null, path);
      }
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [key, walk(item, [...path, key])]),
      );
    }
    return (value as Value | undefined) ?? null;
  };
  const value = walk(wire ?? {}, []);
  return { value: isObject(value) ? value : {}, secrets };
}

/** The reverse of {@link decode}: wraps what lies at the given places; a place that holds nothing is skipped. */
export function encode(marked: Marked): Record<string, Value> {
  const places = new Set(marked.secrets.map((path) => JSON.stringify(path)));
  const walk = (value: Value, path: Path): Value => {
    const inner = isList(value)
      ? value.map((item, index) => walk(item, [...path, index]))
      : isObject(value)
        ? Object.fromEntries(
            Object.entries(value)
              // An optional property that somebody built as undefined is absent; the wire has no word for it.
              .filter(([, item]) => (item as Value | undefined) !== undefined)
              .map(([key, item]) => [key, walk(item, [...path, key])]),
          )
        : value;
    if (!places.has(JSON.stringify(path))) return inner;
    return { [SIGNATURE_KEY]: SECRET_SIGNATURE, value: inner };
  };
  return walk(marked.value, []) as Record<string, Value>;
}

/** Whether a value is unknown or holds something unknown. */
export function hasUnknown(value: Value | undefined): boolean {
  if (value === UNKNOWN) return true;
  if (isList(value)) return value.some(hasUnknown);
  return isObject(value) && Object.values(value).some(hasUnknown);
}

/** A string property. Undefined when it is absent, unknown or something else. */
export function stringOf(value: Value | undefined): string | undefined {
  return typeof value === "string" && value !== UNKNOWN ? value : undefined;
}

/** Deep equality in which an absent property and a null one are the same. */
export function equal(a: Value | undefined, b: Value | undefined): boolean {
  if (a === b) return true;
  if (a === null || a === undefined || b === null || b === undefined) return (a ?? null) === (b ?? null);
  if (isList(a)) return isList(b) && a.length === b.length && a.every((item, index) => equal(item, b[index]));
  if (!isObject(a) || !isObject(b)) return false;
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => equal(a[key], b[key]));
}
