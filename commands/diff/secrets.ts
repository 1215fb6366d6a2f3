// Secrets in objects: of those nothing is shown but which keys come, go and change.
import { isDeepStrictEqual } from "node:util";
import type { ClusterObject } from "../tree/types.ts";
import { masked } from "../plan/mask.ts";

type Fields = Readonly<Record<string, unknown>>;

const changed = `${masked} (another one)`;

/** Both sides of an object, without what sops notes of its own, the values of Secrets and what is encrypted masked. */
export function maskSecrets(
  before: ClusterObject | undefined,
  after: ClusterObject | undefined,
): readonly [unknown, unknown] {
  const isSecret = (before ?? after)?.kind === "Secret";
  const [old, next] = [withoutSops(before), withoutSops(after)];
  return [maskObject(old, undefined, isSecret), maskObject(next, old, isSecret)];
}

function withoutSops(object: ClusterObject | undefined): Fields | undefined {
  if (object === undefined) return undefined;
  const { sops: _, ...rest } = object;
  return rest;
}

function maskObject(object: Fields | undefined, old: Fields | undefined, isSecret: boolean): unknown {
  if (object === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => {
      const all = isSecret && (name === "data" || name === "stringData");
      return [name, maskValue(value, old?.[name], all)];
    }),
  );
}

/** @param all whether every value is a secret, not only what is encrypted */
function maskValue(value: unknown, old: unknown, all: boolean): unknown {
  if (Array.isArray(value))
    return value.map((item, index) => maskValue(item, Array.isArray(old) ? old[index] : undefined, all));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [
        name,
        maskValue(inner, (old as Fields | undefined)?.[name], all),
      ]),
    );
  const isSecret = all || (typeof value === "string" && value.startsWith("ENC["));
  if (!isSecret || value === null) return value;
  return old === undefined || isDeepStrictEqual(old, value) ? masked : changed;
}
