// Waits until a machine that was sent a config carries its part again, so that the next one gets its config only then:
// some changes make Talos restart the pods of the control plane, some reboot the machine. Before the cluster is bootstrapped
// there is nothing to wait for.
import type { InputOf } from "../../steps/contract.ts";
import type { Step } from "../../steps/step.ts";
import { Talosctl } from "../../steps/talosctl.ts";
import { done, notYet, type Observation } from "../../steps/wait.ts";
import { stageOf, type Machine } from "../machine/inspect.ts";
import { anyApi } from "../kubernetes/clusterApi.ts";
import { isThereEtcd } from "../etcd/etcdPresence.ts";
import { whatIsNotWhole, whatKubeletLacks } from "../membership/whole.ts";
import { bootSeconds, settleSeconds, type settleMachine as contract } from "../contracts.ts";

/** Looks that must find it well in a row: a machine that is about to reboot looks well for a moment. */
const wantedPasses = 2;

/** @throws StepError naming what the machine still lacks when the time is over */
export async function settleMachine(
  step: Step,
  input: InputOf<typeof contract>,
  { talosctl = new Talosctl(step, input.talosconfigText), api = anyApi } = {},
): Promise<string> {
  const { node: machine, controlPlanes } = input;
  const isControlPlane = machine.role === "controlplane";
  const exists = await isThereEtcd(step, talosctl, controlPlanes, {
    timeoutSeconds: bootSeconds,
    why: "the next machine gets its config only when this one is whole, or when there is no etcd yet",
  });
  if (!exists) return `${machine.name} has its config; there is no etcd yet`;
  const todo = `look at the screen of ${machine.name} (${machine.address}), or at: talosctl dmesg -n ${machine.address}; then run pulumi up again`;
  await step.waitFor(
    {
      what: `${machine.name} running with its new config`,
      timeoutSeconds: bootSeconds,
      intervalMs: 500,
      todo,
    },
    async () => (await notRunning(talosctl, machine, isControlPlane)) ?? done(),
  );
  const kubernetes = isControlPlane ? await api(step, talosctl, controlPlanes) : undefined;
  let passes = 0;
  await step.waitFor(
    {
      what: `${machine.name} whole with its new config`,
      timeoutSeconds: settleSeconds,
      intervalMs: 500,
      todo,
    },
    async () => {
      const missing =
        (await notRunning(talosctl, machine, isControlPlane)) ??
        (await whatKubeletLacks(talosctl, machine)) ??
        (kubernetes === undefined
          ? undefined
          : await whatIsNotWhole({ talosctl, kubernetes, controlPlanes }, machine));
      passes = missing === undefined ? passes + 1 : 0;
      if (missing !== undefined) return missing;
      return passes >= wantedPasses ? done() : notYet(`${machine.name}: runs; looking once more`);
    },
  );
  return `${machine.name} runs with its config`;
}

async function notRunning(
  talosctl: Talosctl,
  machine: Machine,
  isControlPlane: boolean,
): Promise<Observation<never> | undefined> {
  const stage = await stageOf(talosctl, machine);
  // A worker counts as booting until its node is Ready, for which a new cluster's network is still missing.
  if (stage === "running" || (stage === "booting" && !isControlPlane)) return undefined;
  return notYet(`${machine.name}: ${stage ?? "does not answer yet"}`);
}
