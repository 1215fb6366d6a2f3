// A machine that has to join anew: its hardware was re-imaged or replaced under its name, or its generation was counted
// up. What is left of the one before it goes first; etcd would wait for it for ever, and Kubernetes takes two machines of
// one name for one.
import type { Kubernetes, KubeObject } from "../../steps/kubernetes.ts";
import { StepError } from "../../steps/stepError.ts";
import type { Step } from "../../steps/step.ts";
import { reasonOf, type Talosctl } from "../../steps/talosctl.ts";
import { done, notYet } from "../../steps/wait.ts";
import { requireItself } from "../identity/memberName.ts";
import { inspect, look, type Machine } from "../machine/inspect.ts";
import { etcdMembers } from "../etcd/etcdMembers.ts";
import { configuredGeneration, statedGeneration } from "./generation.ts";
import { leaveCluster } from "./leave.ts";

const wipeSeconds = 900;

/** A kubelet starts again with a new address, and reports it within a minute. */
const followSeconds = 300;

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
 * Makes way for a machine that has to join anew, and wipes it where it still runs: at its address, or at the one that the
 * cluster knows, when other hardware is to take its place. One that answers as this member at another address is only
 * moved, and has nothing to make way for.
 * @returns whether it has to join anew: then there is nothing to upgrade, it gets its Talos with its config
 * @throws StepError for a machine that was wiped without anybody saying so, for one that is not the one that it is taken
 * for, and as leaveCluster does
 */
export async function makeAnew(candidate: Candidate): Promise<boolean> {
  const { step, talosctl, kubernetes, machine, controlPlanes, runs } = candidate;
  if (runs)
    await requireItself(step, talosctl, machine, `correct the addresses in nodes, then run pulumi up again`);
  const node = await kubernetes.read("v1", "Node", machine.name);
  if (runs) {
    if (await isOlder(candidate, node)) {
      await leaveCluster({ ...candidate, beforeForgotten: () => wipe(candidate) });
      return true;
    }
    if (isElsewhere(node, machine)) await followed(candidate);
    return false;
  }
  const [addressBefore] = addressesOf(node);
  if (addressBefore !== undefined && isElsewhere(node, machine)) {
    await replace(candidate, { name: machine.name, address: addressBefore });
    return true;
  }
  await refuseReimaged(candidate);
  const view = await etcdMembers(
    talosctl,
    controlPlanes.filter(({ name }) => name !== machine.name),
  );
  if (node !== undefined || view?.members.some(({ name }) => name === machine.name) === true)
    step.say(await leaveCluster(candidate));
  return true;
}

/** Whether a member is of an older generation than the wanted one. Only a statement counts: this drains and wipes. */
async function isOlder(
  { talosctl, machine, generation }: Candidate,
  node: KubeObject | undefined,
): Promise<boolean> {
  // A node that is not registered (yet) has nothing to say about generations.
  if (node === undefined || generation === 1) return false;
  if ((statedGeneration(node) ?? 0) >= generation) return false;
  return (await configuredGeneration(talosctl, machine)) < generation;
}

/** A member with another address is the same member: its kubelet and its etcd say the new address by themselves. */
async function followed({ step, kubernetes, machine }: Candidate): Promise<void> {
  step.say(`${machine.name}: is at ${machine.address} now, and stays what it is`);
  await step.waitFor(
    {
      what: `node ${machine.name} says its new address ${machine.address}`,
      timeoutSeconds: followSeconds,
      todo: `look at: talosctl service kubelet -n ${machine.address}; nothing has been changed; then run pulumi up again`,
    },
    async () => {
      const node = await kubernetes.read("v1", "Node", machine.name);
      return isElsewhere(node, machine)
        ? notYet(`${machine.name}: its node still says ${addressesOf(node).join(", ")}`)
        : done();
    },
  );
}

/** Other hardware takes a machine's place at another address: the old one leaves and is wiped before the new one joins. */
async function replace(candidate: Candidate, before: Machine): Promise<void> {
  const { step, talosctl, machine } = candidate;
  step.say(`${machine.name}: other hardware at ${machine.address} takes the place of ${before.address}`);
  const { found } = await look(talosctl, before);
  // A run that was cut off between the wipe and the rest has left it so.
  const runs = found !== "maintenance";
  if (runs) await requireMember(step, talosctl, before);
  const old = { ...candidate, machine: before };
  await leaveCluster({ ...old, runs, ...(runs ? { beforeForgotten: () => wipe(old) } : {}) });
}

/**
 * Refuses a machine that waits for a config while the cluster has it in its nodes: whatever it was sent, etcd and Kubernetes
 * would still count on the one before it.
 * @throws StepError with the generation to set
 */
export async function refuseReimaged({
  kubernetes,
  machine,
  generation,
}: Pick<Candidate, "kubernetes" | "machine" | "generation">): Promise<void> {
  const node = await kubernetes.read("v1", "Node", machine.name);
  if (node === undefined || (statedGeneration(node) ?? 1) !== generation) return;
  if (isElsewhere(node, machine)) return;
  throw new StepError(
    `${machine.name} (${machine.address}) waits for a config, but the cluster has a node of that name: the machine was wiped or re-imaged`,
    `set generation: ${String(generation + 1)} on ${machine.name} in the stack config, then run pulumi up again: it joins anew`,
  );
}

/** Where the cluster knows a machine; one that says no address is not elsewhere. */
function isElsewhere(node: KubeObject | undefined, { address }: Machine): boolean {
  const addresses = addressesOf(node);
  return addresses.length > 0 && !addresses.includes(address);
}

function addressesOf(node: KubeObject | undefined): readonly string[] {
  const addresses = (node?.status?.["addresses"] ?? []) as readonly {
    readonly type: string;
    readonly address: string;
  }[];
  return addresses.flatMap(({ type, address }) => (type === "InternalIP" ? [address] : []));
}

/** Hardware that was swapped for other hardware at another address has to leave by itself, or be called gone. */
async function requireMember(step: Step, talosctl: Talosctl, machine: Machine): Promise<void> {
  const callGone = `set gone: true on ${machine.name} with its old address ${machine.address} first, run pulumi up, then give it the new address`;
  const version = await inspect(step, talosctl, machine).catch((error: unknown) => {
    throw new StepError(
      error instanceof Error ? error.message : String(error),
      `if that hardware is dead, ${callGone}`,
    );
  });
  // Between two looks it was wiped.
  if (version === undefined)
    throw new StepError(
      `${machine.name}: the machine at its old address ${machine.address} was wiped in this moment`,
      "run pulumi up again",
    );
  await requireItself(step, talosctl, machine, callGone);
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
