// The stack's own state as the engine tells it: a program does not know what runs, and asks no cluster for it here. Asked for
// once, since all of it is read and decrypted each time.
import * as pulumi from "@pulumi/pulumi";

/** A resource, as far as it is read here. */
export interface StateResource {
  /** Type token, e.g. `talos:machine/secrets:Secrets`. */
  readonly type?: string;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/** Resources by URN. */
export type StateResources = Readonly<Record<string, StateResource>>;

/** Empty for a stack that was never deployed. */
export interface StackState {
  /** The outputs of the last finished run. */
  readonly outputs: Readonly<Record<string, unknown>>;
  /** What is there now, also after a run that failed. Empty before the first run has finished. */
  readonly resources: StateResources;
}

/**
 * Reads it. Source of the invokes: those behind pulumi.StackReference, pulumi/pulumi v3.259.0 pkg/resource/deploy/builtins.go
 * and pkg/backend GetStackResourceOutputs.
 */
export async function readStackState(): Promise<StackState> {
  const name = pulumi.getStack();
  const outputs = await ask("readStackOutputs", { name });
  // A stack that was never deployed may have no state at all, and the engine crashes when it is asked for what is in none.
  if (Object.keys(outputs).length === 0) return { outputs, resources: {} };
  return {
    outputs,
    resources: (await ask("readStackResourceOutputs", { stackName: name })) as StateResources,
  };
}

async function ask(what: string, args: Readonly<Record<string, string>>): Promise<StackState["outputs"]> {
  const answer = (await pulumi.runtime.invoke(`pulumi:pulumi:${what}`, args)) as Partial<StackState>;
  return answer.outputs ?? {};
}
