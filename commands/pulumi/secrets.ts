// The secrets of a stack: what a plan must not show, out of the state and the stack config. They stay in this process.
import { parse } from "yaml";
import { isEncrypted, readStackFileConfig, type StackFileConfig } from "../../src/config/stackFile.ts";
import type { Masker } from "../../src/steps/mask.ts";
import { pulumi } from "./cli.ts";
import { isMarked, plainOf, type StateResource } from "./state.ts";

/** A machine config holds the cluster's keys, which the state has one by one, and much that is no secret. */
const machineConfigs = "machineConfiguration";

/** The Kubernetes plugin's copy of a Helm release's inputs: marked as a whole, while the inputs say which of them is a secret. */
const copyOfInputs = "__inputs";

/** Shorter values in the state are marked because of what stands beside them. */
const shortestSecret = 8;

/** The encrypted values of the stack config. @throws StepError when pulumi does not give them */
export function secretConfig(stack: string): readonly string[] {
  const text = pulumi(["config", "--show-secrets", "--json", "--stack", stack]);
  return secretsOfConfig(JSON.parse(text) as ConfigValues, readStackFileConfig(process.cwd(), stack));
}

/** What `pulumi config --json` prints. */
type ConfigValues = Readonly<
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
  if (encrypted === undefined || isEncrypted(encrypted)) {
    const known = leavesOf(value).filter((leaf) => leaf !== undefined && leaf !== null);
    return known.map(String);
  }
  if (typeof encrypted !== "object" || encrypted === null) return [];
  const inner = (value ?? {}) as Readonly<Record<string, unknown>>;
  return Object.entries(encrypted).flatMap(([key, part]) => secure(part, inner[key]));
}

/** All single values in a value. */
export function leavesOf(value: unknown): readonly unknown[] {
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(leavesOf) : [value];
}

/** Remembers every value that the state marks as a secret. */
export function learnState(
  resources: readonly Pick<StateResource, "urn" | "inputs" | "outputs">[],
  masker: Masker,
): void {
  const walk = (value: unknown, isSecret: boolean, name: string): void => {
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
