// The part of a stack's exported state that recovery reads. Source: pulumi/pulumi sdk/go/common/apitype/core.go.
import { pulumi } from "../pulumiCli.ts";

/** A resource as it stands in the state. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  /** Whether the engine refuses to delete it. */
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

/** Exports a stack, with its secrets still encrypted. */
export function exportStack(stack: string): StackState {
  return JSON.parse(pulumi(["stack", "export", "--stack", stack])) as StackState;
}

/** Exports a stack, or the selected one, with its secrets in clear. They must not leave this process. */
export function exportStackInClear(stack?: string): StackState {
  const named = stack === undefined ? [] : ["--stack", stack];
  return JSON.parse(pulumi(["stack", "export", ...named, "--show-secrets"])) as StackState;
}

/** Writes the state back without its pending operations; everything else stays byte for byte, secrets encrypted. */
export function dropPendingOperations(stack: string, state: StackState): void {
  const deployment = { ...state.deployment, pending_operations: [] };
  pulumi(["stack", "import", "--stack", stack], JSON.stringify({ ...state, deployment }));
}

/** What a run was creating of one type when it was killed. */
export function pendingCreates(
  pending: readonly PendingOperation[],
  type: string,
): readonly PendingOperation[] {
  return pending.filter((found) => found.resource.type === type && found.type === "creating");
}

/** Ids of the resources of one type that the state knows. */
export function idsOf(state: StackState, type: string): readonly string[] {
  return (state.deployment.resources ?? []).flatMap((found) =>
    found.type === type && found.id !== undefined ? [found.id] : [],
  );
}

/** The resources of one type. */
export function resourcesOf(state: StackState, type: string): readonly StateResource[] {
  return (state.deployment.resources ?? []).filter((found) => found.type === type);
}

/** The plain inputs of a step, by its name; empty when it has never run. */
export function environmentOf(state: StackState, step: string): Readonly<Record<string, string | undefined>> {
  const environment = stepOf(state, step)?.inputs?.["environment"] ?? {};
  return Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, plainText(value)]));
}

/**
 * What a step has printed as JSON, in an export in clear; undefined when it has never run.
 * @param step its name, e.g. `flux-secrets-deploy-key-pair`
 */
export function stepOutput<T>(state: StackState, step: string): T | undefined {
  const text = plainText(stepOf(state, step)?.outputs?.["stdout"]);
  return text === undefined ? undefined : (JSON.parse(text) as T);
}

function stepOf(state: StackState, name: string): StateResource | undefined {
  return resourcesOf(state, "command:local:Command").find(({ urn }) => urn.endsWith(`::${name}`));
}

/** A secret output of an export in clear: the engine wraps it with its plain text as JSON. */
export function plainText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  const text = (value as { plaintext?: string } | undefined)?.plaintext;
  return text === undefined ? undefined : (JSON.parse(text) as string);
}

/**
 * The admin kubeconfig in an export in clear; undefined before there is a cluster. The Kubernetes provider's where there is
 * one: that is the one with the endpoint of now, the other is as it was fetched.
 */
export function kubeconfigOf({ deployment: { resources = [] } }: StackState): string | undefined {
  const ofType = (type: string): StateResource | undefined => resources.find((found) => found.type === type);
  return (
    plainText(ofType("pulumi:providers:kubernetes")?.inputs?.["kubeconfig"]) ??
    plainText(ofType("talos:cluster/kubeconfig:Kubeconfig")?.outputs?.["kubeconfigRaw"])
  );
}
