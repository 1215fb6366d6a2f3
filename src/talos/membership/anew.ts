// A machine that has to join anew: its hardware was re-imaged or replaced under its name, or its generation was counted
// up. What is left of the one before it goes first; etcd would wait for it for ever, and Kubernetes takes two machines of
// one name for one.
import type { Kubernetes, KubeObject } from "../../steps/kubernetes.ts";
import { StepError } from "../../steps/stepError.ts";
import type { Step } from "../../steps/step.ts";
import { reasonOf, type Talosctl } from "../../steps/talosctl.ts";
import { done, notYet } from "../../steps/wait.ts";
import { inspect, look, type Machine } from "../inspect.ts";
import { etcdMembers } from "./etcdMembers.ts";
import { generationAnnotation } from "./generation.ts";
import { leaveCluster } from "./leave.ts";

const wipeSeconds = 900;

/** A machine with what is known of it. */
export interface Candidate {
  readonly step: Step;
  readonly talosctl: Talosctl;
  readonly kubernetes: Kubernetes;
  readonly machine: Machine;
  readonly controlPlanes: readonly Machine[];
  /** As the stack config has it. */
  readonly generation: number;
  /** Whether it is a member of this cluster now; otherwise it waits for a config. */
  readonly runs: boolean;
  readonly drainSeconds: number;
  readonly rebootSeconds: number;
}

/**
 * Makes way for a machine that has to join anew, and wipes it where it still runs.
 * @returns whether it has to: then there is nothing to upgrade, it gets its Talos with its config
 * @throws StepError for a machine that was wiped without anybody saying so, and as leaveCluster does
 */
export async function makeAnew(candidate: Candidate): Promise<boolean> {
  const { step, talosctl, kubernetes, machine, controlPlanes, generation, runs } = candidate;
  const node = await kubernetes.read("v1", "Node", machine.name);
  const reached = node === undefined ? undefined : generationOf(node);
  if (runs) {
    // A node that is not registered (yet) has nothing to say about generations.
    if (reached === undefined || reached === generation) return false;
    await leaveCluster({ ...candidate, beforeForgotten: () => wipe(candidate) });
    return true;
  }
  const addressBefore = node === undefined ? undefined : addressOf(node);
  if (addressBefore !== undefined && addressBefore !== machine.address) {
    const before = { name: machine.name, address: addressBefore };
    step.say(`${machine.name}: moves from ${addressBefore} to ${machine.address}`);
    await requireMember(step, talosctl, before);
    await leaveCluster({ ...candidate, machine: before, runs: true });
    return true;
  }
  if (reached === generation)
    throw new StepError(
      `${machine.name} (${machine.address}) waits for a config, but the cluster has a node of that name: the machine was wiped or re-imaged`,
      `set generation: ${String(generation + 1)} on ${machine.name} in the stack config, then run pulumi up again: it joins anew`,
    );
  const view = await etcdMembers(
    talosctl,
    controlPlanes.filter(({ name }) => name !== machine.name),
  );
  if (node !== undefined || view?.members.some(({ name }) => name === machine.name) === true)
    step.say(await leaveCluster(candidate));
  return true;
}

function generationOf(node: KubeObject): number {
  return Number(node.metadata?.annotations?.[generationAnnotation] ?? 1);
}

function addressOf(node: KubeObject): string | undefined {
  const addresses = node.status?.["addresses"] as
    readonly { readonly type: string; readonly address: string }[] | undefined;
  return addresses?.find(({ type }) => type === "InternalIP")?.address;
}

/** Hardware that was swapped for other hardware at another address has to leave by itself, or be called gone. */
async function requireMember(step: Step, talosctl: Talosctl, machine: Machine): Promise<void> {
  const version = await inspect(step, talosctl, machine).catch((error: unknown) => {
    throw new StepError(
      error instanceof Error ? error.message : String(error),
      `if that hardware is dead, set gone: true on ${machine.name} with its old address ${machine.address} first, run pulumi up, then give it the new address`,
    );
  });
  if (version === undefined)
    throw new StepError(
      `${machine.name}: the machine at its old address ${machine.address} was wiped already`,
      `set gone: true on ${machine.name} with that address first, run pulumi up, then give it the new address`,
    );
}

/** Back to maintenance mode, as ConfigurationApply's onDestroy does it. */
async function wipe({ step, talosctl, machine, rebootSeconds }: Candidate): Promise<void> {
  const labels = ["STATE", "EPHEMERAL"].flatMap((label) => ["--system-labels-to-wipe", label]);
  const result = await talosctl.run(
    machine.address,
    ["reset", "--graceful=false", "--reboot", "--wait=false", ...labels],
    60,
  );
  if (result.code !== 0)
    throw new StepError(
      `${machine.name} cannot be wiped: ${reasonOf(result)}`,
      "it has left the cluster already; run pulumi up again",
    );
  await step.waitFor(
    {
      what: `${machine.name} back in maintenance mode`,
      timeoutSeconds: Math.max(rebootSeconds, wipeSeconds),
      todo: `look at the screen of ${machine.name} (${machine.address}); then run pulumi up again`,
    },
    async () => {
      const { found } = await look(talosctl, machine);
      return found === "maintenance" ? done() : notYet(`${machine.name}: being wiped`);
    },
  );
  step.say(`${machine.name}: wiped, waits for its config`);
}
