// Before the first machine is touched: is there anything to upgrade at all, may it be in this order, does everything that
// comes exist, can every machine get its images, and is there a snapshot of etcd to go back to.
import { imagesOf } from "../../config/kubernetesImages.ts";
import { findChart } from "../../steps/chartIndex.ts";
import type { InputOf } from "../../steps/contract.ts";
import { isKept } from "../../steps/keptChart.ts";
import type { Step } from "../../steps/step.ts";
import { StepError } from "../../steps/stepError.ts";
import { Talosctl } from "../../steps/talosctl.ts";
import { checkOrder } from "../../versions/skew.ts";
import type { ClusterView } from "../clusterView.ts";
import type { prepareUpgrade as contract } from "../contracts.ts";
import { etcdMembers, requireQuorumWithout } from "../etcd/etcdMembers.ts";
import { ensureSnapshot } from "../etcd/snapshot.ts";
import { clusterApiOnceKnown } from "../kubernetes/clusterApi.ts";
import { kubernetesParts, oldest } from "../kubernetes/kubernetesParts.ts";
import { runningCilium } from "../kubernetes/runningCilium.ts";
import { differs, installationOf, refuseBadMove } from "../machine/installation.ts";
import { prePull, refuseOldClient } from "../machine/talosctlUpgrade.ts";

type Target = InputOf<typeof contract>["machines"][number];

/** @throws StepError when what comes may not come, or a machine cannot get its images; no machine has been touched then */
export async function prepareUpgrade(
  step: Step,
  input: InputOf<typeof contract>,
  {
    talosctl = new Talosctl(step, input.talosconfigText),
    api = clusterApiOnceKnown,
    find = findChart,
    snapshot = ensureSnapshot,
  } = {},
): Promise<string> {
  const { machines: targets, stack, ageRecipients } = input;
  const wanted = {
    talos: input.talosVersion,
    kubernetes: input.kubernetesVersion,
    cilium: input.ciliumVersion,
  };
  const chart = { repository: input.ciliumRepository, chart: "cilium", version: wanted.cilium };
  if (!isKept(stack, chart)) await find(chart, step.signal);

  const controlPlanes = targets.filter(({ role }) => role === "controlplane");
  const workers = targets.filter(({ role }) => role === "worker");
  const cluster = { step, talosctl, controlPlanes };
  // One without this cluster's config gets the new image with its first config.
  const found = await Promise.all(
    targets.map(async (target) => ({ target, running: await installationOf(cluster, target) })),
  );
  const members = found.flatMap(({ target, running }) =>
    running === undefined ? [] : [{ target, running }],
  );
  const outdated = members.filter(({ target: { schematic }, running }) =>
    differs(running, { version: wanted.talos, schematic }),
  );
  for (const { target, running } of outdated)
    refuseBadMove("talos", { machine: target, program: "Talos", version: running.version }, wanted.talos);
  const parts = await kubernetesParts(cluster, workers);
  const old = parts.filter(({ version }) => version !== wanted.kubernetes);
  for (const part of old) refuseBadMove("kubernetes", part, wanted.kubernetes);
  await refuseLossOfQuorum(cluster);
  if (outdated.length === 0 && old.length === 0) return "nothing to upgrade on any machine";

  await refuseOldClient(talosctl, wanted);
  const kubernetes = oldest(parts);
  if (kubernetes !== undefined) {
    // What the program found in its last outputs, once more against what really runs.
    const client = await api(cluster);
    const versions = members.map(({ running }) => running.version);
    const talos = versions.find((version) => version !== wanted.talos) ?? wanted.talos;
    const cilium = client && (await runningCilium(client));
    const [problem] = checkOrder({ talos, kubernetes, cilium }, wanted);
    if (problem !== undefined)
      throw new StepError(problem.message, `no machine has been touched; ${problem.todo}`);
  }
  await Promise.all(
    outdated.map(({ target }) => prePull(cluster, target, [`${target.installer}:${wanted.talos}`], "system")),
  );
  if (old.length > 0)
    await Promise.all(
      members.map(({ target }) => prePull(cluster, target, imagesFor(target, wanted.kubernetes), "cri")),
    );
  const [first] = controlPlanes;
  const schematics = [...new Set(targets.map(({ schematic }) => schematic))].sort();
  const target = `Talos ${wanted.talos} (${schematics.join(", ")}), Kubernetes ${wanted.kubernetes}`;
  if (first !== undefined && parts.length > 0)
    await snapshot(cluster, first, { stack, recipients: ageRecipients, target });
  const names = outdated.map(({ target }) => target.name).join(", ");
  return `ready: ${[
    ...(names === "" ? [] : [`${names} for Talos ${wanted.talos}`]),
    ...(old.length === 0 ? [] : [`all machines for Kubernetes ${wanted.kubernetes}`]),
  ].join("; ")}`;
}

/**
 * A member of etcd that is no control plane of the stack config leaves at the end of this run. Whether etcd can do without
 * it is asked here, before what waits for whole control planes waits in vain; and again when it leaves.
 */
async function refuseLossOfQuorum(cluster: ClusterView): Promise<void> {
  const stay = cluster.controlPlanes.map(({ name }) => name);
  const { members = [] } = (await etcdMembers(cluster)) ?? {};
  const leaving = members.find(({ name }) => !stay.includes(name));
  if (leaving !== undefined) await requireQuorumWithout(cluster, leaving.name, members);
}

function imagesFor({ role }: Target, version: string): readonly string[] {
  const { kubelet, apiServer, controllerManager, scheduler } = imagesOf(version);
  return role === "worker" ? [kubelet] : [kubelet, apiServer, controllerManager, scheduler];
}
