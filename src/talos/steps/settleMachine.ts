// Waits until a machine that was sent a config carries its part again, so that the next one gets its config only then:
// some changes make Talos restart etcd or the API server, some reboot the machine. Before the cluster is bootstrapped there
// is nothing to wait for.
import { runStep } from "../../steps/step.ts";
import { Talosctl } from "../../steps/talosctl.ts";
import { done, notYet } from "../../steps/wait.ts";
import type { Machine } from "../inspect.ts";
import { etcdMembers } from "../membership/etcdMembers.ts";
import { clusterApi } from "../upgrade/clusterApi.ts";
import { etcdView } from "../upgrade/etcdView.ts";
import { deadApi } from "../upgrade/gate.ts";
import { stageOf } from "../upgrade/machines.ts";

/** A new machine installs Talos, boots, and joins. */
const settleSeconds = 1_800;

/** Looks that must find it well in a row: a machine that is about to reboot looks well for a moment. */
const wantedPasses = 2;

await runStep({ name: "wait for a machine", timeoutSeconds: settleSeconds + 60 }, async (step) => {
  const machine = { name: step.input("NODE_NAME"), address: step.input("NODE_ADDRESS") };
  const isControlPlane = step.input("NODE_ROLE") === "controlplane";
  const controlPlanes = step.json<readonly Machine[]>("CONTROL_PLANES");
  const talosctl = new Talosctl(step, step.secret("TALOSCONFIG_TEXT"));
  if ((await etcdMembers(talosctl, controlPlanes)) === undefined) return `${machine.name} has its config`;
  const kubernetes = isControlPlane ? await clusterApi(step, talosctl, controlPlanes) : undefined;
  let passes = 0;
  await step.waitFor(
    {
      what: `${machine.name} with its new config`,
      timeoutSeconds: settleSeconds,
      todo: `look at the screen of ${machine.name} (${machine.address}), or at: talosctl dmesg -n ${machine.address}; then run pulumi up again`,
    },
    async () => {
      const problem =
        (await machineProblem(talosctl, machine, isControlPlane)) ??
        (kubernetes === undefined ? undefined : await deadApi(kubernetes, [machine]));
      passes = problem === undefined ? passes + 1 : 0;
      if (problem !== undefined) return notYet(problem);
      return passes >= wantedPasses ? done() : notYet(`${machine.name}: runs; looking once more`);
    },
  );
  return `${machine.name} runs with its config`;
});

async function machineProblem(
  talosctl: Talosctl,
  machine: Machine,
  isControlPlane: boolean,
): Promise<string | undefined> {
  const stage = await stageOf(talosctl, machine);
  // A worker counts as booting until its node is Ready, for which a new cluster's network is still missing.
  if (stage !== "running" && !(stage === "booting" && !isControlPlane))
    return `${machine.name}: ${stage ?? "does not answer yet"}`;
  if (!isControlPlane) return undefined;
  const { problem, isToJoin = false } = await etcdView(talosctl, machine);
  return isToJoin ? `${machine.name}: waits for its config` : problem;
}
