// A machine that has to join anew: its hardware was re-imaged or replaced under its name, or its generation was counted
// up. What is left of the one before it goes first; etcd would wait for it for ever, and Kubernetes takes two machines of
// one name for one.
import type { KubeObject } from "../../steps/kubernetes.ts";
import { messageOf, StepError } from "../../steps/stepError.ts";
import { reasonOf } from "../../steps/talosctl.ts";
import { done, notYet } from "../../steps/wait.ts";
import type { MachineRef } from "../contracts.ts";
import { requireItself } from "../identity/ask.ts";
import { inspect, isInMaintenance } from "../machine/inspect.ts";
import { addressesOf } from "../node/metadata.ts";
import { configuredGeneration, statedGeneration } from "./generation.ts";
import { leaveCluster, membersAround, type Leaving } from "./leave.ts";

const wipeSeconds = 900;

/** A kubelet starts again with a new address, and reports it within a minute. */
const followSeconds = 300;

/** A machine with what is known of it; one that does not run as a member of this cluster waits for a config. */
export interface Candidate extends Omit<Leaving, "beforeForgotten"> {
  /** As the stack config has it. */
  readonly generation: number;
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
  const { step, kubernetes, machine, runs } = candidate;
  if (runs)
    await requireItself(candidate, machine, `correct the addresses in nodes, then run pulumi up again`);
  const node = await kubernetes.read("v1", "Node", machine.name);
  if (runs) {
    const { talosctl, generation } = candidate;
    // Only a statement counts: this drains and wipes. A node that is not registered (yet) has none to make.
    const isOlder =
      node !== undefined &&
      generation > 1 &&
      (statedGeneration(node) ?? 0) < generation &&
      (await configuredGeneration(talosctl, machine)) < generation;
    if (isOlder) await leaveAndBeWiped(candidate);
    else if (isElsewhere(node, machine)) await followed(candidate);
    return isOlder;
  }
  const [addressBefore] = addressesOf(node);
  if (addressBefore !== undefined && isElsewhere(node, machine)) {
    await replace(candidate, { name: machine.name, address: addressBefore });
    return true;
  }
  await refuseReimaged(candidate);
  const isMember = (await membersAround(candidate))?.members.some(({ name }) => name === machine.name);
  if (node !== undefined || isMember === true) step.say(await leaveCluster(candidate));
  return true;
}

async function leaveAndBeWiped(candidate: Candidate): Promise<void> {
  await leaveCluster({ ...candidate, beforeForgotten: () => wipe(candidate) });
}

/** A member with another address is the same member: its kubelet and its etcd say the new address by themselves. */
async function followed({ step, kubernetes, machine: { name, address } }: Candidate): Promise<void> {
  step.say(`${name}: is at ${address} now, and stays what it is`);
  await step.waitFor(
    {
      what: `node ${name} says its new address ${address}`,
      timeoutSeconds: followSeconds,
      todo: `look at: talosctl service kubelet -n ${address}; nothing has been changed; then run pulumi up again`,
    },
    async () => {
      const node = await kubernetes.read("v1", "Node", name);
      return isElsewhere(node, { name, address })
        ? notYet(`${name}: its node still says ${addressesOf(node).join(", ")}`)
        : done();
    },
  );
}

/** Other hardware takes a machine's place at another address: the old one leaves and is wiped before the new one joins. */
async function replace(candidate: Candidate, before: MachineRef): Promise<void> {
  const { step, talosctl, machine } = candidate;
  step.say(`${machine.name}: other hardware at ${machine.address} takes the place of ${before.address}`);
  // A run that was cut off between the wipe and the rest has left it so.
  if (await isInMaintenance(talosctl, before)) {
    await leaveCluster({ ...candidate, machine: before, runs: false });
    return;
  }
  await requireMember(candidate, before);
  await leaveAndBeWiped({ ...candidate, machine: before, runs: true });
}

/**
 * Refuses a machine that waits for a config while the cluster has it in its nodes: whatever it was sent, etcd and Kubernetes
 * would still count on the one before it.
 * @throws StepError with the generation to set
 */
export async function refuseReimaged(
  candidate: Pick<Candidate, "kubernetes" | "machine" | "generation">,
): Promise<void> {
  const { kubernetes, machine, generation } = candidate;
  const { name, address } = machine;
  const node = await kubernetes.read("v1", "Node", name);
  if (node === undefined || (statedGeneration(node) ?? 1) !== generation || isElsewhere(node, machine))
    return;
  throw new StepError(
    `${name} (${address}) waits for a config, but the cluster has a node of that name: the machine was wiped or re-imaged`,
    `set generation: ${String(generation + 1)} on ${name} in the stack config, then run pulumi up again: it joins anew`,
  );
}

/** Where the cluster knows a machine; one that says no address is not elsewhere. */
function isElsewhere(node: KubeObject | undefined, { address }: MachineRef): boolean {
  const addresses = addressesOf(node);
  return addresses.length > 0 && !addresses.includes(address);
}

/** Hardware that was swapped for other hardware at another address has to leave by itself, or be called gone. */
async function requireMember(candidate: Candidate, machine: MachineRef): Promise<void> {
  const { name, address } = machine;
  const callGone = `set gone: true on ${name} with its old address ${address} first, run pulumi up, then give it the new address`;
  const version = await inspect(candidate, machine).catch((error: unknown) => {
    throw new StepError(messageOf(error), `if that hardware is dead, ${callGone}`);
  });
  // Between two looks it was wiped.
  if (version === undefined)
    throw new StepError(
      `${name}: the machine at its old address ${address} was wiped in this moment`,
      "run pulumi up again",
    );
  await requireItself(candidate, machine, callGone);
}

/** Back to maintenance mode, as ConfigurationApply's onDestroy does it. */
async function wipe({ step, talosctl, machine, rebootSeconds }: Candidate): Promise<void> {
  const { name, address } = machine;
  const labels = ["STATE", "EPHEMERAL"].flatMap((label) => ["--system-labels-to-wipe", label]);
  const reset = ["reset", "--graceful=false", "--reboot", "--wait=false", ...labels];
  const result = await talosctl.run(address, reset, 60);
  if (result.code !== 0)
    throw new StepError(
      `${name} cannot be wiped: ${reasonOf(result)}`,
      "it has left the cluster already; run pulumi up again",
    );
  await step.waitFor(
    {
      what: `${name} back in maintenance mode`,
      timeoutSeconds: Math.max(rebootSeconds, wipeSeconds),
      todo: `look at the screen of ${name} (${address}); then run pulumi up again`,
    },
    async () => ((await isInMaintenance(talosctl, machine)) ? done() : notYet(`${name}: being wiped`)),
  );
  step.say(`${name}: wiped, waits for its config`);
}
