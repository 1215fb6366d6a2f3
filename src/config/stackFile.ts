// The stack file, as far as the engine does not tell what is in it: of a section that holds an encrypted value it says only
// that the whole section is secret. Which value it is stands in the file as `secure:`.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { isNested, isRecord, type Segment } from "./walk.ts";
import { SecretText } from "./secretText.ts";

/** Everything below `config:` of a stack file; encrypted values are `{secure: …}`. */
export type StackFileConfig = Readonly<Record<string, unknown>>;

/**
 * Reads `Pulumi.<stack>.yaml` of the project, or of its folder for stack files.
 * @returns undefined when it is not there or no stack file: with `--config-file` the engine has read another one
 */
export function readStackFileConfig(projectRoot: string, stack: string): StackFileConfig | undefined {
  try {
    const project = parse(readFileSync(join(projectRoot, "Pulumi.yaml"), "utf8")) as {
      readonly stackConfigDir?: unknown;
    };
    const folder = typeof project.stackConfigDir === "string" ? project.stackConfigDir : ".";
    const file = parse(readFileSync(join(projectRoot, folder, `Pulumi.${stack}.yaml`), "utf8")) as {
      readonly config?: unknown;
    } | null;
    return isRecord(file?.config) ? file.config : undefined;
  } catch {
    return undefined;
  }
}

/** What {@link hideEncrypted} gives. */
export interface Hidden {
  readonly value: unknown;
  /** Paths of the encrypted values, from the section's root. */
  readonly paths: readonly (readonly Segment[])[];
}

/**
 * Hides those values of a section that are encrypted in the stack file. Both have the same form, since one was made of the
 * other.
 * @param value the section in clear, from the engine; undefined: none has decrypted it
 * @returns undefined when the two do not fit: then nobody can say which value is the secret
 */
export function hideEncrypted(value: unknown, inFile: unknown): Hidden | undefined {
  const paths: (readonly Segment[])[] = [];
  const hide = (inner: unknown, written: unknown, path: readonly Segment[]): unknown => {
    if (isEncrypted(written)) {
      if (inner !== undefined && typeof inner !== "string") throw new Mismatch();
      paths.push(path);
      return new SecretText(inner);
    }
    const source = inner === undefined ? written : inner;
    if (Array.isArray(written)) {
      if (!Array.isArray(source) || source.length !== written.length) throw new Mismatch();
      return written.map((child: unknown, index) =>
        hide(inner === undefined ? undefined : source[index], child, [...path, index]),
      );
    }
    if (isRecord(written)) {
      if (!isRecord(source) || Object.keys(source).length !== Object.keys(written).length)
        throw new Mismatch();
      return Object.fromEntries(
        Object.entries(written).map(([key, child]) => {
          if (!Object.hasOwn(source, key)) throw new Mismatch();
          return [key, hide(inner === undefined ? undefined : source[key], child, [...path, key])];
        }),
      );
    }
    if (isNested(source)) throw new Mismatch();
    return source;
  };
  try {
    const hidden = hide(value, inFile, []);
    return paths.length === 0 ? undefined : { value: hidden, paths };
  } catch (error) {
    if (error instanceof Mismatch) return undefined;
    throw error;
  }
}

class Mismatch extends Error {}

/** Whether it is an encrypted value, as pulumi writes it. */
export function isEncrypted(value: unknown): boolean {
  return isRecord(value) && typeof value["secure"] === "string" && Object.keys(value).length === 1;
}

/** Whether a value of a stack file is or holds an encrypted one. */
export function holdsEncrypted(value: unknown): boolean {
  return isEncrypted(value) || (isNested(value) && Object.values(value).some(holdsEncrypted));
}
