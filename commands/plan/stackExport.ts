// The stack's state and config with their secrets, which stay in this process: what a preview must not show, and what it
// hides but a plan has to look into.
import { parse } from "yaml";
import { isEncrypted, readStackFileConfig, type StackFileConfig } from "../../src/config/stackFile.ts";
import type { Masker } from "../../src/steps/mask.ts";
import { runPulumi } from "../pulumiProcess.ts";
import { StepError } from "../../src/steps/stepError.ts";

/** A value in the state. A secret is an object with a signature and its value as JSON. */
type StateValue = unknown;

/** A resource of the state, as far as it is read here. */
export interface ExportedResource {
  readonly urn: string;
  readonly inputs?: Readonly<Record<string, StateValue>>;
  readonly outputs?: Readonly<Record<string, StateValue>>;
}

/** Value and key that mark a secret. Source: pulumi sdk v3 go/common/resource/sig. */
const signature = ["4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"] as const;

/** A machine config holds the cluster's keys, which the state has one by one, and much that is no secret. */
const machineConfigs = "machineConfiguration";

/** The Kubernetes plugin's copy of a Helm release's inputs: marked as a whole, while the inputs say which of them is a secret. */
const copyOfInputs = "__inputs";

/** Shorter values in the state are marked because of what stands beside them. */
const shortestSecret = 8;

/**
 * The state's resources, secrets decrypted.
 * @throws StepError when pulumi does not give them; without anything that it printed there
 */
export async function exportState(stack: string): Promise<readonly ExportedResource[]> {
  const text = await quietly(["stack", "export", "--show-secrets", "--stack", stack]);
  const { deployment } = JSON.parse(text) as {
    readonly deployment?: { readonly resources?: readonly ExportedResource[] } | null;
  };
  return deployment?.resources ?? [];
}

/** The encrypted values of the stack config. @throws StepError as {@link exportState} */
export async function secretConfig(stack: string): Promise<readonly string[]> {
  const text = await quietly(["config", "--show-secrets", "--json", "--stack", stack]);
  return secretsOfConfig(JSON.parse(text) as ConfigValues, readStackFileConfig(process.cwd(), stack));
}

/** What `pulumi config --json` prints. */
export type ConfigValues = Readonly<
  Record<string, { readonly value?: string; readonly secret?: boolean; readonly objectValue?: unknown }>
>;

/**
 * The secrets among the values of a stack config.
 * @param file what the stack file holds, which alone says where in an object the secrets are; undefined: there is none, and
 * every text of an object with a secret counts
 */
export function secretsOfConfig(values: ConfigValues, file: StackFileConfig | undefined): readonly string[] {
  return Object.entries(values).flatMap(([name, { value, secret, objectValue }]) => {
    if (secret !== true) return [];
    if (objectValue === undefined) return value === undefined ? [] : [value];
    return secure(file?.[name], objectValue);
  });
}

/** Texts of a value at the places where the stack file has `secure:`. */
function secure(encrypted: unknown, value: unknown): readonly string[] {
  if (encrypted === undefined || isEncrypted(encrypted)) return leaves(value);
  if (typeof encrypted !== "object" || encrypted === null) return [];
  const inner = (value ?? {}) as Readonly<Record<string, unknown>>;
  return Object.entries(encrypted).flatMap(([key, part]) => secure(part, inner[key]));
}

function leaves(value: unknown): readonly string[] {
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(leaves);
  return value === undefined || value === null ? [] : [String(value)];
}

/** Remembers every value that the state marks as a secret. */
export function learnState(resources: readonly ExportedResource[], masker: Masker): void {
  const walk = (value: StateValue, isSecret: boolean, name: string): void => {
    if (name.startsWith(machineConfigs) || name === copyOfInputs) return;
    if (isMarked(value)) walk(plainOf(value), true, name);
    else if (typeof value === "object" && value !== null)
      for (const [key, inner] of Object.entries(value))
        walk(inner, isSecret, Array.isArray(value) ? name : key);
    else if (isSecret && typeof value === "string" && value.length >= shortestSecret) learn(value, masker);
  };
  for (const { inputs, outputs } of resources) {
    walk(inputs, false, "");
    // What a step says is marked because of what it was told; only a step that makes a key says nothing aloud.
    const { stdout: _stdout, stderr: _stderr, ...rest } = outputs ?? {};
    walk(inputs?.["logging"] === "none" ? outputs : rest, false, "");
  }
}

/** Of a document only what its fields call a secret: the rest of a patch or a kubeconfig may be read. */
function learn(text: string, masker: Masker): void {
  // Where a cluster is, is no secret; the kubeconfig that says so is.
  if (/^https?:\/\/[^/@]+\/?$/.test(text)) return;
  const document = documentOf(text);
  if (document === undefined) masker.learn(text);
  else masker.learnNamed(document);
}

function documentOf(text: string): unknown {
  if (!/^\s*[{[]|^\s*[\w-]+:(\s|$)/.test(text)) return undefined;
  try {
    const document = parse(text) as unknown;
    return typeof document === "object" && document !== null ? document : undefined;
  } catch {
    return undefined;
  }
}

/** A value of the state without its marks; secrets in clear. */
export function plainOf(value: StateValue): unknown {
  if (Array.isArray(value)) return value.map(plainOf);
  if (typeof value !== "object" || value === null) return value;
  if (isMarked(value)) return plainOf(JSON.parse(value.plaintext) as StateValue);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainOf(inner)]));
}

/** Whether a value, or one in it, is a secret. */
export function hasMark(value: StateValue): boolean {
  if (typeof value !== "object" || value === null) return false;
  return isMarked(value) || Object.values(value).some(hasMark);
}

function isMarked(value: StateValue): value is { readonly plaintext: string } {
  if (typeof value !== "object" || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  return fields[signature[0]] === signature[1] && typeof fields["plaintext"] === "string";
}

/** What pulumi prints here are secrets: of a failure only what it says on standard error is told. */
async function quietly(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runPulumi([...args, "--non-interactive"], { quiet: true });
  if (code === 0) return stdout;
  throw new StepError(`pulumi ${args.slice(0, 2).join(" ")}: ${stderr.trim().replace(/^error: /, "")}`);
}
