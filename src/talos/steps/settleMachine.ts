// Waits until a machine that was sent a config does its work again, so that the next one gets its config only then: some
// changes make Talos restart the pods of the control plane, some reboot the machine. Before the cluster is bootstrapped there
// is nothing to wait for.
import type { InputOf } from "../../steps/contract.ts";
import type { Step } from "../../steps/step.ts";
import { Talosctl } from "../../steps/talosctl.ts";
import { done, notYet } from "../../steps/wait.ts";
import { bootSeconds, settleSeconds, type settleMachine as contract } from "../contracts.ts";
import { isThereEtcd } from "../etcd/etcdPresence.ts";
import { anyApi } from "../kubernetes/clusterApi.ts";
import { twice, whatIsNotWhole, whatKubeletLacks } from "../kubernetes/whole.ts";
import { stageOf } from "../machine/inspect.ts";

/** @throws StepError naming what the machine still lacks when the time is over */
export async function settleMachine(
  step: Step,
  { node: machine, controlPlanes, talosconfigText }: InputOf<typeof contract>,
  { talosctl = new Talosctl(step, talosconfigText), api = anyApi } = {},
): Promise<string> {
  const { name, address } = machine;
  const isControlPlane = machine.role === "controlplane";
  const cluster = { step, talosctl, controlPlanes };
  const exists = await isThereEtcd(cluster, {
    timeoutSeconds: bootSeconds,
    why: "the next machine gets its config only when this one is whole, or when there is no etcd yet",
  });
  if (!exists) return `${name} has its config; there is no etcd yet`;
  const notRunning = async (): Promise<string | undefined> => {
    const stage = await stageOf(talosctl, machine);
    // A worker counts as booting until its node is Ready, for which a new cluster's network is still missing.
    if (stage === "running" || (stage === "booting" && !isControlPlane)) return undefined;
    return `${name}: ${stage ?? "does not answer yet"}`;
  };
  const todo = `look at the screen of ${name} (${address}), or at: talosctl dmesg -n ${address}; then run pulumi up again`;
  await step.waitFor(
    { what: `${name} running with its new config`, timeoutSeconds: bootSeconds, intervalMs: 500, todo },
    async () => {
      const missing = await notRunning();
      return missing === undefined ? done() : notYet(missing);
    },
  );
  const kubernetes = isControlPlane ? await api(cluster) : undefined;
  await step.waitFor(
    { what: `${name} whole with its new config`, timeoutSeconds: settleSeconds, intervalMs: 500, todo },
    twice(
      `${name}: runs; looking once more`,
      async () =>
        (await notRunning()) ??
        (await whatKubeletLacks(talosctl, machine)) ??
        (kubernetes && whatIsNotWhole(cluster, kubernetes, machine)),
    ),
  );
  return `${name} runs with its config`;
}
