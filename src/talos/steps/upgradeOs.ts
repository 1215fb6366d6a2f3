// Brings one machine to the wanted Talos: version and schematic. Looks first, so that it may be run again at any point; a
// machine without a config has nothing to upgrade, it gets its Talos with its first config.
import { conditionOf, type Kubernetes } from "../../steps/kubernetes.ts";
import { runStep, type Step } from "../../steps/step.ts";
import { StepError } from "../../steps/stepError.ts";
import { reasonOf, Talosctl } from "../../steps/talosctl.ts";
import { done, notYet } from "../../steps/wait.ts";
import { withoutDrain } from "../upgrade/client.ts";
import { clusterApi } from "../upgrade/clusterApi.ts";
import { cordon, drain, uncordon } from "../upgrade/drain.ts";
import { controlPlanesWhole } from "../upgrade/gate.ts";
import type { Machine } from "../inspect.ts";
import {
  bootId,
  differs,
  installationOf,
  refuseBadMove,
  shown,
  stageOf,
  type Installation,
} from "../upgrade/machines.ts";
import { ensureSnapshot } from "../upgrade/snapshot.ts";

const gateSeconds = 60;
const settleSeconds = 600;

/** Everything about the one machine and its cluster. */
interface Task {
  readonly step: Step;
  readonly talosctl: Talosctl;
  readonly machine: Machine;
  readonly isControlPlane: boolean;
  readonly controlPlanes: readonly Machine[];
  readonly nodes: number;
  readonly wanted: Installation;
  readonly image: string;
  readonly drainSeconds: number;
  readonly rebootSeconds: number;
}

/** As far as this is used before a step is there. */
const seconds = (name: string): number => Number(process.env[name] ?? 0);
const limit = seconds("DRAIN_SECONDS") + seconds("REBOOT_SECONDS") + gateSeconds + settleSeconds + 300;

await runStep({ name: "upgrade Talos", timeoutSeconds: limit }, async (step) => {
  const task: Task = {
    step,
    talosctl: new Talosctl(step, step.secret("TALOSCONFIG_TEXT")),
    machine: { name: step.input("NODE_NAME"), address: step.input("NODE_ADDRESS") },
    isControlPlane: step.input("NODE_ROLE") === "controlplane",
    controlPlanes: step.json<readonly Machine[]>("CONTROL_PLANES"),
    nodes: Number(step.input("NODES")),
    wanted: { version: step.input("TALOS_VERSION"), schematic: step.input("SCHEMATIC_ID") },
    image: `${step.input("INSTALLER")}:${step.input("TALOS_VERSION")}`,
    drainSeconds: seconds("DRAIN_SECONDS"),
    rebootSeconds: seconds("REBOOT_SECONDS"),
  };
  const { machine, wanted } = task;
  const running = await installationOf(step, task.talosctl, machine);
  if (running === undefined)
    return `${machine.name} has no config yet, and gets Talos ${wanted.version} with it`;
  const kubernetes = await clusterApi(step, task.talosctl, task.controlPlanes);
  if (!differs(running, wanted)) {
    // A run that was cut off after the reboot left the rest to this one.
    if (kubernetes !== undefined && (await uncordon(kubernetes, machine.name)))
      await settle(task, kubernetes);
    return `${machine.name} runs Talos ${shown(running)} already`;
  }
  refuseBadMove(machine, running, wanted);
  await upgrade(task, kubernetes, running);
  return `${machine.name} runs Talos ${shown(wanted)}, was ${shown(running)}`;
});

async function upgrade(task: Task, kubernetes: Kubernetes | undefined, running: Installation): Promise<void> {
  const { step, talosctl, machine, wanted } = task;
  if (kubernetes !== undefined)
    await controlPlanesWhole(step, talosctl, task.controlPlanes, {
      timeoutSeconds: gateSeconds,
      when: `before ${machine.name} goes down`,
      kubernetes,
    });
  if (kubernetes !== undefined) {
    // The preparing step has taken one; a roll that is continued another day takes another.
    await ensureSnapshot(step, talosctl, task.controlPlanes[0] ?? machine, {
      stack: step.input("STACK"),
      recipients: step.input("AGE_RECIPIENTS").split(" "),
    });
    await makeRoom(task, kubernetes);
  }
  const before = await bootId(talosctl, machine);
  step.say(`${machine.name}: upgrading Talos from ${shown(running)} to ${shown(wanted)}`);
  const result = await talosctl.run(
    machine.address,
    [
      "upgrade",
      "--image",
      task.image,
      "--timeout",
      `${String(task.rebootSeconds)}s`,
      ...(await withoutDrain(talosctl)),
    ],
    task.rebootSeconds + 30,
  );
  await verify(task, before, result.code === 0 ? undefined : sequenceError(result.stderr)).catch(
    async (error: unknown) => {
      // The machine runs what it ran before, so its pods may come back.
      if (kubernetes !== undefined) await uncordon(kubernetes, machine.name).catch(() => false);
      throw error;
    },
  );
  if (kubernetes !== undefined) {
    await uncordon(kubernetes, machine.name);
    await settle(task, kubernetes);
  }
}

/** Pods go first; a cluster of one machine has no other place for them. */
async function makeRoom({ step, machine, nodes, drainSeconds }: Task, kubernetes: Kubernetes): Promise<void> {
  if (nodes < 2) return;
  await cordon(kubernetes, machine.name);
  try {
    await drain(step, kubernetes, machine.name, drainSeconds);
  } catch (error) {
    await uncordon(kubernetes, machine.name);
    throw error;
  }
}

/** After an upgrade that does not boot, Talos goes back to what it ran before: only what really runs counts. */
async function verify(task: Task, before: string, failure: string | undefined): Promise<void> {
  const { step, talosctl, machine, wanted, rebootSeconds } = task;
  await step.waitFor(
    {
      what: `${machine.name} back after the upgrade`,
      timeoutSeconds: rebootSeconds,
      intervalMs: 500,
      todo: `look at the screen of ${machine.name} (${machine.address}); when it runs again, run pulumi up again`,
    },
    async () => {
      const now = await bootId(talosctl, machine);
      if (now === before && failure !== undefined)
        throw new StepError(
          `${machine.name}: the installer failed: ${failure}; it still runs what it ran before`,
          `look at: talosctl dmesg -n ${machine.address}; then run pulumi up again`,
        );
      if (now === before) return notYet(`${machine.name}: has not rebooted yet`);
      const stage = await stageOf(talosctl, machine);
      return stage === "running" || (stage === "booting" && !task.isControlPlane)
        ? done()
        : notYet(`${machine.name}: ${stage ?? "booting"}`);
    },
  );
  const running = await installationOf(step, talosctl, machine);
  if (running === undefined || differs(running, wanted))
    throw new StepError(
      `${machine.name} has rebooted, but runs Talos ${running === undefined ? "of another cluster" : shown(running)} and not ${shown(wanted)}: the new one did not boot, and Talos went back`,
      `look at: talosctl dmesg -n ${machine.address}; other machines have not been touched`,
    );
}

/** The next machine goes down only when this one carries its part again. */
async function settle(
  { step, talosctl, machine, controlPlanes }: Task,
  kubernetes: Kubernetes,
): Promise<void> {
  await step.waitFor(
    {
      what: `node ${machine.name} Ready`,
      timeoutSeconds: settleSeconds,
      intervalMs: 250,
      todo: `look at: kubectl describe node ${machine.name}`,
    },
    async () => {
      const node = await kubernetes.read("v1", "Node", machine.name);
      const ready = node === undefined ? undefined : conditionOf(node, "Ready");
      return ready?.status === "True"
        ? done()
        : notYet(`${machine.name}: ${ready?.message ?? "not registered"}`);
    },
  );
  await controlPlanesWhole(step, talosctl, controlPlanes, {
    timeoutSeconds: settleSeconds,
    when: `after ${machine.name} came back`,
    kubernetes,
  });
}

/** Why the sequence ended, as talosctl heard it; its own words where it heard nothing. */
function sequenceError(stderr: string): string {
  return (
    /sequence error: ([^\n]+)/.exec(stderr)?.[1] ??
    /error: ([^\n]+)/.exec(stderr)?.[1] ??
    reasonOf({ code: 1, stdout: "", stderr })
  );
}
