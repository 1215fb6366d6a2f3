// From the engine's config, where every value is a text, to values below `home-ops:`.
import { pathText, type Segment } from "./walk.ts";
import { problem, type Problem } from "./problem.ts";
import { hideEncrypted, isEncrypted, type StackFileConfig } from "./stackFile.ts";

const namespace = "home-ops:";
const defaultProvidersKey = "pulumi:disable-default-providers";

/** Keys whose value is a text; all others are JSON. */
const textKeys = ["schematicId", "tree", "ageKeyFile", "secretsFile"];

/** Values keyed without the namespace. */
export interface RawConfig {
  /** Encrypted values in patches are hidden in them (SecretText). */
  readonly values: Readonly<Record<string, unknown>>;
  /** Keys that are encrypted and must not be; their values are left out. */
  readonly encrypted: readonly string[];
  readonly problems: readonly Problem[];
}

/** What {@link decodeConfig} reads. */
export interface ConfigSource {
  /** The config of a stack as the engine hands it out. Undefined values: nobody has decrypted them. */
  readonly all: Readonly<Record<string, string | undefined>>;
  /** Whether the engine calls a key secret: it or anything in it is encrypted. */
  readonly isSecret: (key: string) => boolean;
  /** The stack file, which says what in it; undefined when there is none. */
  readonly file?: StackFileConfig | undefined;
}

/** Decodes the values of this program among all config of a stack. What is encrypted is kept hidden, or refused unseen. */
export function decodeConfig({ all, isSecret, file }: ConfigSource): RawConfig {
  const values: Record<string, unknown> = {};
  const encrypted: string[] = [];
  const problems = [...checkDefaultProviders(all[defaultProvidersKey])];
  for (const [key, text] of Object.entries(all)) {
    if (!key.startsWith(namespace)) continue;
    const name = key.slice(namespace.length);
    const value = text === undefined ? undefined : decode(name, text);
    const section = isSecret(key) ? hideSecrets(name, value, file?.[key]) : { value };
    if ("value" in section) values[name] = section.value;
    else {
      encrypted.push(name);
      problems.push(...section);
    }
  }
  return { values, encrypted, problems };
}

/** The sections that may hold secrets, in their patches, each with the place of its first patch. */
const firstPatch: Readonly<Record<string, readonly Segment[]>> = {
  patches: ["patches", "common", 0],
  nodes: ["nodes", 0, "patches", 0],
};

/** A section with something encrypted in it: that may be inside of patches only. */
function hideSecrets(
  name: string,
  value: unknown,
  inFile: unknown,
): { readonly value: unknown } | readonly Problem[] {
  const place = firstPatch[name];
  if (place === undefined) return [mustBeReadable(name)];
  if (isEncrypted(inFile))
    return [
      problem(
        name,
        "is encrypted as a whole, so that no preview could show what is no secret in it",
        `write it readable, and only what is secret in a patch with ${setSecret([...place, "…"]).replace('["…"]', ".…")}`,
      ),
    ];
  const hidden = hideEncrypted(value, inFile);
  if (hidden === undefined)
    return [
      problem(
        name,
        "holds encrypted values, but which ones cannot be seen: the stack file in the project's folder is missing, or is not the one that pulumi has read",
        "keep the values in Pulumi.<stack>.yaml beside Pulumi.yaml, and run pulumi without --config-file",
      ),
    ];
  const misplaced = hidden.paths
    .map((path) => [name, ...path])
    .filter((path) => path.length <= place.length || (name === "nodes" && path[2] !== "patches"));
  return misplaced.length === 0 ? hidden : misplaced.map((path) => mustBeReadable(pathText(path)));
}

/** The command that encrypts one value of a patch; it asks for the value, which then is in no history of a shell. */
export function setSecret(path: readonly Segment[]): string {
  return `pulumi config set --secret --path '${namespace}${pathText(path)}'`;
}

function mustBeReadable(path: string): Problem {
  const key = /[.[]/.test(path) ? `--path '${namespace}${path}'` : `${namespace}${path}`;
  return problem(
    path,
    "is encrypted; it holds no secret and must be readable in previews",
    `set it again without --secret: pulumi config set ${key} VALUE`,
  );
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
