// Secrets that nobody marked: patches and chart values are plain, and may hold what had better not be read in a pull
// request. Masked by the name of their key and by their look; that a masked value changes is still shown.
import { isDeepStrictEqual } from "node:util";

/** What stands in its place. */
export const masked = "[secret]";

/**
 * Names that fields with secrets have in Talos', Cilium's and Kubernetes' own schemas, and those of this program's inputs
 * that are secrets: they are marked, but nothing here depends on it.
 */
const secretNames =
  /passw|passphrase|(?<!image[Pp]ull)secret$|token|(private|client|deploy|age)[-_]?key$|preshared|psk$|credential|^auth$|^machineConfiguration|(kube|talos)config/i;

/** Texts that are one whatever their field is called: a Secret inside a manifest, a URL with a password. */
const secretLooks = /^kind: Secret$|:\/\/[^/\s:@]+:[^/\s@]+@/m;

/** Both values of a change with their secrets masked; a secret that differs differs afterwards as well. */
export function maskPair(before: unknown, after: unknown): readonly [unknown, unknown] {
  return [maskWhere(looksSecret, before, undefined), maskWhere(looksSecret, after, before)];
}

function looksSecret(value: unknown, name: string): boolean {
  return typeof value === "string" && value !== "" && (secretNames.test(name) || secretLooks.test(value));
}

/**
 * A value with those parts masked that are secrets; what differs from the old value says so.
 * @param isSecret asked of every single value, with the name of its field
 * @param old the same value on the other side; undefined: there is none
 */
export function maskWhere(
  isSecret: (value: unknown, name: string) => boolean,
  value: unknown,
  old: unknown,
  name = "",
): unknown {
  if (Array.isArray(value))
    return value.map((item, index) =>
      maskWhere(isSecret, item, Array.isArray(old) ? old[index] : undefined, name),
    );
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        maskWhere(isSecret, inner, (old as Record<string, unknown> | undefined)?.[key], key),
      ]),
    );
  if (!isSecret(value, name)) return value;
  return old === undefined || isDeepStrictEqual(old, value) ? masked : `${masked} (another one)`;
}
