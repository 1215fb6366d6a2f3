// Brings one machine to the wanted Talos: version and schematic. Looks first, so that it may be run again at any point; a
// machine without a config has nothing to upgrade, it gets its Talos with its first config. One that has to join anew is
// taken out of the cluster and wiped here, where control planes go one by one.
import type { InputOf } from "../../steps/contract.ts";
import type { Kubernetes } from "../../steps/kubernetes.ts";
import type { Step } from "../../steps/step.ts";
import { StepError } from "../../steps/stepError.ts";
import { Talosctl } from "../../steps/talosctl.ts";
import { done, notYet } from "../../steps/wait.ts";
import type { Asking } from "../clusterView.ts";
import { gateSeconds, readySeconds, type upgradeOs as contract } from "../contracts.ts";
import { ensureSnapshot } from "../etcd/snapshot.ts";
import { clusterApiOnceKnown } from "../kubernetes/clusterApi.ts";
import { controlPlanesWhole } from "../kubernetes/whole.ts";
import { stageOf } from "../machine/inspect.ts";
import {
  bootId,
  differs,
  installationOf,
  refuseBadMove,
  shown,
  type Installation,
} from "../machine/installation.ts";
import { failureOf, withoutDrain } from "../machine/talosctlUpgrade.ts";
import { makeAnew } from "../membership/anew.ts";
import { cordon, drain, isCordonedByUs, uncordon } from "../node/drain.ts";
import { nodeReadiness } from "../node/metadata.ts";

type Input = InputOf<typeof contract>;

/** Everything about the one machine and its cluster. */
interface Task extends Asking, Omit<Input, "node"> {
  readonly machine: Input["node"];
  readonly wanted: Installation;
  readonly snapshot: typeof ensureSnapshot;
}

/** @throws StepError when the machine does not get there; the ones after it have not been touched then */
export async function upgradeOs(
  step: Step,
  input: Input,
  {
    talosctl = new Talosctl(step, input.talosconfigText),
    api = clusterApiOnceKnown,
    snapshot = ensureSnapshot,
  } = {},
): Promise<string> {
  const { node: machine, talosVersion: version, schematicId: schematic } = input;
  const task: Task = { ...input, step, talosctl, machine, wanted: { version, schematic }, snapshot };
  const { wanted } = task;
  const running = await installationOf(task, machine);
  const kubernetes = await api(task);
  const anew = kubernetes && (await makeAnew({ ...task, kubernetes, runs: running !== undefined }));
  if (running === undefined || anew)
    return `${machine.name} has no config yet, and gets Talos ${version} with it`;
  if (!differs(running, wanted)) {
    // A run that was cut off after the reboot, or did not see the end of it, left the rest to this one.
    if (kubernetes && (await isCordonedByUs(kubernetes, machine.name))) await settle(task, kubernetes);
    return `${machine.name} runs Talos ${shown(running)} already`;
  }
  refuseBadMove("talos", { machine, program: "Talos", version: running.version }, version);
  if (kubernetes === undefined) await install(task, running, false);
  else await upgrade(task, kubernetes, running);
  return `${machine.name} runs Talos ${shown(wanted)}, was ${shown(running)}`;
}

async function upgrade(task: Task, kubernetes: Kubernetes, running: Installation): Promise<void> {
  const { machine, controlPlanes, stack, ageRecipients } = task;
  await controlPlanesWhole(task, {
    timeoutSeconds: gateSeconds,
    when: `before ${machine.name} goes down`,
    kubernetes,
    leaving: machine.role === "controlplane" ? machine : undefined,
  });
  // The preparing step has taken one; a roll that is continued another day takes another.
  await task.snapshot(task, controlPlanes[0] ?? machine, { stack, recipients: ageRecipients });
  await makeRoom(task, kubernetes);
  try {
    await install(task, running, true);
  } catch (error) {
    await giveBack(task, kubernetes);
    throw error;
  }
  await settle(task, kubernetes);
}

/** Pods go first; a cluster of one machine has no other place for them. */
async function makeRoom({ step, machine, nodes, drainSeconds }: Task, kubernetes: Kubernetes): Promise<void> {
  if (nodes < 2) return;
  await cordon(kubernetes, machine.name);
  try {
    await drain(step, kubernetes, machine.name, drainSeconds);
  } catch (error) {
    await uncordon(kubernetes, machine.name).catch((second: unknown) => {
      step.say(`${machine.name} stays cordoned: ${String(second)}`);
    });
    throw error;
  }
}

/** After a failure: a machine that runs takes pods again; any other one stays cordoned until a later run finds it whole. */
async function giveBack({ step, talosctl, machine }: Task, kubernetes: Kubernetes): Promise<void> {
  try {
    if ((await stageOf(talosctl, machine)) === "running") await uncordon(kubernetes, machine.name);
    else step.say(`${machine.name} stays cordoned until it runs; the next pulumi up takes that back`);
  } catch (error) {
    step.say(`${machine.name} stays cordoned until the next pulumi up: ${String(error)}`);
  }
}

/**
 * Has Talos install the other one and reboot, and sees to it that it did.
 * @param bootstrapped before that a machine waits for etcd and never gets further than booting
 */
async function install(task: Task, running: Installation, bootstrapped: boolean): Promise<void> {
  const { step, talosctl, machine, wanted, rebootSeconds, installer } = task;
  const before = await step.waitFor(
    {
      what: `${machine.name} answers`,
      timeoutSeconds: gateSeconds,
      todo: `nothing has been changed on the machine; look at it, then run pulumi up again`,
    },
    async () => done(await bootId(talosctl, machine)),
  );
  step.say(`${machine.name}: upgrading Talos from ${shown(running)} to ${shown(wanted)}`);
  const begun = Date.now();
  const image = ["--image", `${installer}:${wanted.version}`];
  const timeout = ["--timeout", `${String(rebootSeconds)}s`];
  const result = await talosctl.run(
    machine.address,
    ["upgrade", ...image, ...timeout, ...(await withoutDrain(talosctl))],
    rebootSeconds + 30,
  );
  const failure = result.code === 0 ? undefined : failureOf(result);
  await waitUntilBack(task, { before, begun, running, failure, bootstrapped });
  await verify(task, failure);
}

/** What is known when talosctl has ended: the boot before it, when it was asked for, what talosctl said went wrong. */
interface Upgrade {
  readonly before: string;
  readonly begun: number;
  readonly running: Installation;
  readonly failure: string | undefined;
  readonly bootstrapped: boolean;
}

/**
 * talosctl's word alone does not count: it may have lost the machine while that goes on, and what it is told of is not yet
 * over. Talos reboots after an upgrade that has failed as well.
 */
async function waitUntilBack(
  { step, talosctl, machine, rebootSeconds }: Task,
  { before, begun, running, failure, bootstrapped }: Upgrade,
): Promise<void> {
  const { name, address } = machine;
  let unmoved = 0;
  await step.waitFor(
    {
      what: `${name} back after the upgrade`,
      timeoutSeconds: rebootSeconds,
      since: begun,
      intervalMs: 500,
      todo: `look at the screen of ${name} (${address}); when it runs again, run pulumi up again`,
    },
    async () => {
      const now = await bootId(talosctl, machine);
      const stage = await stageOf(talosctl, machine);
      const isUp = stage === "running" || (stage === "booting" && !bootstrapped);
      unmoved = now === before && isUp ? unmoved + 1 : 0;
      // Twice, since an upgrade that was accepted shows a moment later.
      if (failure !== undefined && unmoved >= 2)
        throw new StepError(
          `${name}: ${failure}; it still runs Talos ${shown(running)}`,
          `look at: talosctl dmesg -n ${address}; then run pulumi up again`,
        );
      if (now === before) return notYet(`${name}: ${failure ?? "has not rebooted yet"}`);
      return isUp ? done() : notYet(`${name}: ${stage ?? "booting"}`);
    },
  );
}

/** After an upgrade that does not boot, Talos goes back to what it ran before: only what really runs counts. */
async function verify(task: Task, failure: string | undefined): Promise<void> {
  const { machine, wanted } = task;
  const { name, address } = machine;
  const running = await installationOf(task, machine);
  if (running !== undefined && !differs(running, wanted)) return;
  const runs = running && `runs Talos ${shown(running)} and not ${shown(wanted)}`;
  const problem =
    runs === undefined
      ? `${name} has rebooted into maintenance mode: its config is gone`
      : failure === undefined
        ? `${name} has rebooted, but ${runs}: the new one did not boot, and Talos went back`
        : `${name}: ${failure}; it has rebooted, and ${runs}`;
  throw new StepError(
    problem,
    `look at: talosctl dmesg -n ${address}; the machines after it have not been touched; then run pulumi up again`,
  );
}

/**
 * The next machine goes down only when this one does its work again. The mark on its node goes in between: until it is Ready,
 * a run that is cut off here must find it; after that, the next machine's gate looks at the rest.
 */
async function settle(task: Task, kubernetes: Kubernetes): Promise<void> {
  const { name } = task.machine;
  await task.step.waitFor(
    {
      what: `node ${name} Ready`,
      timeoutSeconds: readySeconds,
      intervalMs: 500,
      todo: `look at: kubectl describe node ${name}; then run pulumi up again`,
    },
    async () => {
      const boot = await bootId(task.talosctl, task.machine);
      const node = await kubernetes.read("v1", "Node", name);
      const ready = nodeReadiness(name, node, boot);
      if (ready.done) await uncordon(kubernetes, name);
      return ready;
    },
  );
  const when = `after ${name} came back`;
  await controlPlanesWhole(task, { timeoutSeconds: readySeconds, when, kubernetes });
}
