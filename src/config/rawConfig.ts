// From the engine's config, where every value is a text, to values below `home-ops:`.
import { problem, type Problem } from "./problem.ts";

const namespace = "home-ops:";
const defaultProvidersKey = "pulumi:disable-default-providers";

/** Keys whose value is a text; all others are JSON. */
const textKeys = ["schematicId", "tree", "ageKeyFile", "secretsFile"];

/** Values keyed without the namespace. */
export interface RawConfig {
  readonly values: Readonly<Record<string, unknown>>;
  /** Keys that are encrypted; their values are left out. */
  readonly encrypted: readonly string[];
  readonly problems: readonly Problem[];
}

/** Decodes the values of this program among all config of a stack. Encrypted ones are refused unseen. */
export function decodeConfig(
  all: Readonly<Record<string, string>>,
  isEncrypted: (key: string) => boolean,
): RawConfig {
  const keys = Object.keys(all).filter((key) => key.startsWith(namespace));
  const encrypted = keys.filter(isEncrypted).map((key) => key.slice(namespace.length));
  const plain = keys.filter((key) => !isEncrypted(key));
  return {
    values: Object.fromEntries(
      plain.map((key) => {
        const name = key.slice(namespace.length);
        return [name, decode(name, all[key] ?? "")] as const;
      }),
    ),
    encrypted,
    problems: [
      ...checkDefaultProviders(all[defaultProvidersKey]),
      ...encrypted.map((name) =>
        problem(
          name,
          "is encrypted; it holds no secret and must be readable in previews",
          `set it again without --secret: pulumi config set ${namespace}${name} VALUE`,
        ),
      ),
    ],
  };
}

/** With default providers a forgotten `provider:` would change the cluster that the user's kubectl happens to point at. */
function checkDefaultProviders(value: string | undefined): readonly Problem[] {
  const disabled = decode(defaultProvidersKey, value ?? "[]");
  const missing = ["kubernetes", "github"].filter(
    (name) => !Array.isArray(disabled) || !disabled.includes(name),
  );
  if (missing.length === 0) return [];
  return [problem(defaultProvidersKey, `lacks ${missing.join(" and ")}`, "write [kubernetes, github]")];
}

function decode(name: string, value: string): unknown {
  if (textKeys.includes(name)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    // A text where a section is expected; the schema says so.
    return value;
  }
}
