// Secrets in objects: of those nothing is shown but which keys come, go and change.
import type { TreeObject } from "../../src/flux/tree/yamlFiles.ts";
import { maskWhere } from "../plan/mask.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Both sides of an object, without what sops notes of its own, the values of Secrets and what is encrypted masked. */
export function maskSecrets(
  before: TreeObject | undefined,
  after: TreeObject | undefined,
): readonly [unknown, unknown] {
  const isSecret = (before ?? after)?.kind === "Secret";
  const [old, next] = [withoutSops(before), withoutSops(after)];
  return [maskObject(old, undefined, isSecret), maskObject(next, old, isSecret)];
}

function withoutSops(object: TreeObject | undefined): Fields | undefined {
  if (object === undefined) return undefined;
  const { sops: _, ...rest } = object;
  return rest;
}

function maskObject(object: Fields | undefined, old: Fields | undefined, isSecret: boolean): unknown {
  if (object === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => {
      const all = isSecret && (name === "data" || name === "stringData");
      return [name, maskWhere(all ? isThere : isEncrypted, value, old?.[name])];
    }),
  );
}

function isThere(value: unknown): boolean {
  return value !== null;
}

function isEncrypted(value: unknown): boolean {
  return typeof value === "string" && value.startsWith("ENC[");
}
