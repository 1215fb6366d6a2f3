// The stack file, as far as the engine does not tell what is in it: of a section that holds an encrypted value it says only
// that the whole section is secret. Which value it is stands in the file as `secure:`.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import { SecretText } from "./secretText.ts";
import { childrenOf, isNested, isRecord, mapChildren, valueAt, type Segment } from "./walk.ts";

/** Everything below `config:` of a stack file; encrypted values are `{secure: …}`. */
export type StackFileConfig = Readonly<Record<string, unknown>>;

/**
 * Reads `Pulumi.<stack>.yaml` of the project, or of its folder for stack files.
 * @returns undefined when it is not there or no stack file: with `--config-file` the engine has read another one
 */
export function readStackFileConfig(projectRoot: string, stack: string): StackFileConfig | undefined {
  const read = (...path: readonly string[]): unknown =>
    parse(readFileSync(join(projectRoot, ...path), "utf8"));
  try {
    const folder = valueAt(read("Pulumi.yaml"), ["stackConfigDir"]);
    const file = read(typeof folder === "string" ? folder : ".", `Pulumi.${stack}.yaml`);
    const config = valueAt(file, ["config"]);
    return isRecord(config) ? config : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Hides those values of a section that are encrypted in the stack file. Both have the same form, since one was made of the
 * other.
 * @param value the section in clear, from the engine; undefined: none has decrypted it
 * @returns the value, and the paths of those in it; undefined when the two do not fit: then nobody can say which is the secret
 */
export function hideEncrypted(
  value: unknown,
  inFile: unknown,
): { readonly value: unknown; readonly paths: readonly (readonly Segment[])[] } | undefined {
  const paths: (readonly Segment[])[] = [];
  let fits = true;
  const hide = (inner: unknown, written: unknown, path: readonly Segment[]): unknown => {
    if (isEncrypted(written)) {
      paths.push(path);
      if (inner === undefined || typeof inner === "string") return new SecretText(inner);
      fits = false;
      return undefined;
    }
    if (inner === undefined)
      return mapChildren(written, (child, key) => hide(undefined, child, [...path, key]));
    fits &&= isDeepStrictEqual(keysOf(inner), keysOf(written));
    return mapChildren(inner, (child, key) => hide(child, valueAt(written, [key]), [...path, key]));
  };
  const hidden = hide(value, inFile, []);
  return fits && paths.length > 0 ? { value: hidden, paths } : undefined;
}

/** What kind of value it is, and the keys in it. */
function keysOf(value: unknown): readonly [boolean, boolean, ReadonlySet<Segment>] {
  return [isNested(value), Array.isArray(value), new Set(childrenOf(value).map(([key]) => key))];
}

/** Whether it is an encrypted value, as pulumi writes it. */
export function isEncrypted(value: unknown): boolean {
  return isRecord(value) && typeof value["secure"] === "string" && Object.keys(value).length === 1;
}

/** Whether a value of a stack file is or holds an encrypted one. */
export function holdsEncrypted(value: unknown): boolean {
  return isEncrypted(value) || childrenOf(value).some(([, child]) => holdsEncrypted(child));
}
