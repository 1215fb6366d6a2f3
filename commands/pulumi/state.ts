// A stack's exported state, as far as the commands read it. Source: pulumi/pulumi sdk/go/common/apitype/core.go.
import { parseArgs } from "node:util";
import { pulumi } from "./cli.ts";

/** A resource as it stands in the state. In an export in clear a secret is an object with a signature and its value as JSON. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly protect?: boolean;
  /** Why it exists but is not what it should be. */
  readonly initErrors?: readonly string[];
}

/** What was going on when the engine was killed. */
export interface PendingOperation {
  readonly type: "creating" | "updating" | "deleting" | "reading" | "importing";
  readonly resource: StateResource;
}

/** An exported stack. */
export interface StackState {
  readonly version: number;
  readonly deployment: {
    readonly resources?: readonly StateResource[];
    readonly pending_operations?: readonly PendingOperation[];
  };
}

/** The stack that a command line means: its `--stack` or `-s`, or the selected one. */
export function stackOf(args: readonly string[]): string {
  const options = { stack: { type: "string", short: "s" } } as const;
  const { stack } = parseArgs({ args: [...args], options, strict: false }).values;
  return typeof stack === "string" ? stack : pulumi(["stack", "--show-name"]).trim();
}

/** Exports a stack, with its secrets still encrypted. */
export function exportStack(stack: string, ...flags: readonly string[]): StackState {
  return JSON.parse(pulumi(["stack", "export", "--stack", stack, ...flags])) as StackState;
}

/** Exports a stack with its secrets in clear. They must not leave this process. */
export function exportStackInClear(stack: string): StackState {
  return exportStack(stack, "--show-secrets");
}

/** Writes a state back; one that was exported with its secrets encrypted keeps them so. */
export function importStack(stack: string, state: StackState): void {
  pulumi(["stack", "import", "--stack", stack], JSON.stringify(state));
}

/** The resources, or those of one type. */
export function resourcesOf({ deployment }: StackState, type?: string): readonly StateResource[] {
  return (deployment.resources ?? []).filter((found) => type === undefined || found.type === type);
}

/** What was going on, or that with resources of one type. */
export function pendingOf({ deployment }: StackState, type?: string): readonly PendingOperation[] {
  return (deployment.pending_operations ?? []).filter(
    ({ resource }) => type === undefined || resource.type === type,
  );
}

/** The plain inputs of a step, by its name; empty when it has never run. */
export function environmentOf(state: StackState, step: string): Readonly<Record<string, string | undefined>> {
  const environment = stepOf(state, step)?.inputs?.["environment"] ?? {};
  return Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, plainText(value)]));
}

/** What a step, e.g. `flux-secrets-deploy-key-pair`, has printed as JSON; undefined when it has never run. */
export function stepOutput<T>(state: StackState, step: string): T | undefined {
  const text = plainText(stepOf(state, step)?.outputs?.["stdout"]);
  return text === undefined ? undefined : (JSON.parse(text) as T);
}

function stepOf(state: StackState, name: string): StateResource | undefined {
  return resourcesOf(state, "command:local:Command").find(({ urn }) => urn.endsWith(`::${name}`));
}

/**
 * The admin kubeconfig in an export in clear; undefined before there is a cluster. The Kubernetes provider's where there is
 * one: that is the one with the endpoint of now, the other is as it was fetched.
 */
export function kubeconfigOf(state: StackState): string | undefined {
  const [provider] = resourcesOf(state, "pulumi:providers:kubernetes");
  const [fetched] = resourcesOf(state, "talos:cluster/kubeconfig:Kubeconfig");
  return plainText(provider?.inputs?.["kubeconfig"]) ?? plainText(fetched?.outputs?.["kubeconfigRaw"]);
}

/** Value and key that mark a secret. Source: pulumi sdk v3 go/common/resource/sig. */
const signature = ["4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"] as const;

/** Whether a value is a secret in an export in clear. */
export function isMarked(value: unknown): value is { readonly plaintext: string } {
  if (typeof value !== "object" || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  return fields[signature[0]] === signature[1] && typeof fields["plaintext"] === "string";
}

/** Whether a value, or one in it, is a secret. */
export function hasMark(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return isMarked(value) || Object.values(value).some(hasMark);
}

/** A value of the state without its marks; secrets in clear. */
export function plainOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainOf);
  if (typeof value !== "object" || value === null) return value;
  if (isMarked(value)) return plainOf(JSON.parse(value.plaintext));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainOf(inner)]));
}

/** The same of a text; undefined where it is none. */
export function plainText(value: unknown): string | undefined {
  const plain = plainOf(value);
  return typeof plain === "string" ? plain : undefined;
}
