// Before the first machine is touched: is there anything to upgrade at all, may it be in this order, does everything that
// comes exist, can every machine get its images, and is there a snapshot of etcd to go back to.
import { findChart } from "../../steps/chartIndex.ts";
import { isKept } from "../../steps/keptChart.ts";
import type { Kubernetes } from "../../steps/kubernetes.ts";
import { runningCilium } from "../kubernetes/runningCilium.ts";
import { checkOrder } from "../../versions/skew.ts";
import type { InputOf } from "../../steps/contract.ts";
import type { Step } from "../../steps/step.ts";
import { StepError } from "../../steps/stepError.ts";
import { Talosctl } from "../../steps/talosctl.ts";
import type { Machine } from "../machine/inspect.ts";
import { imagesOf } from "../../config/kubernetesImages.ts";
import { etcdMembers, requireQuorumWithout } from "../etcd/etcdMembers.ts";
import { refuseOldClient } from "../machine/client.ts";
import { clusterApiOnceKnown } from "../kubernetes/clusterApi.ts";
import { kubernetesParts, oldest, refuseBadPart, type Part } from "../kubernetes/kubernetesParts.ts";
import { differs, installationOf, refuseBadMove, type Installation } from "../machine/installation.ts";
import { prePull } from "../machine/pull.ts";
import { ensureSnapshot } from "../etcd/snapshot.ts";
import type { prepareUpgrade as contract } from "../contracts.ts";

type Input = InputOf<typeof contract>;
type Target = Input["machines"][number];

/** A machine of the cluster with what runs on it. */
interface Member {
  readonly target: Target;
  readonly running: Installation;
}

/** @throws StepError when what comes may not come, or a machine cannot get its images; no machine has been touched then */
export async function prepareUpgrade(
  step: Step,
  input: Input,
  {
    talosctl = new Talosctl(step, input.talosconfigText),
    api = clusterApiOnceKnown,
    find = findChart,
    snapshot = ensureSnapshot,
  } = {},
): Promise<string> {
  const { talosVersion: talos, kubernetesVersion: kubernetes, ciliumVersion: cilium } = input;
  const { machines: targets, stack, ageRecipients } = input;
  const chart = { repository: input.ciliumRepository, chart: "cilium", version: cilium };
  if (!isKept(stack, chart)) await find(chart, step.signal);

  const members = await findMembers(step, talosctl, targets);
  const outdated = members.filter(({ target, running }) => differs(running, wantedOn(target, talos)));
  for (const { target, running } of outdated) refuseBadMove(target, running, wantedOn(target, talos));
  const controlPlanes = targets.filter(({ role }) => role === "controlplane");
  const workers = targets.filter(({ role }) => role === "worker");
  const parts = await kubernetesParts(step, talosctl, { controlPlanes, workers });
  const old = parts.filter(({ version }) => version !== kubernetes);
  for (const part of old) refuseBadPart(part, kubernetes);
  await refuseLossOfQuorum(talosctl, controlPlanes);
  if (outdated.length === 0 && old.length === 0) return "nothing to upgrade on any machine";

  await refuseOldClient(talosctl, { talos, kubernetes });
  if (parts.length > 0)
    await refuseOrder(
      await api(step, talosctl, controlPlanes),
      { members, parts },
      { talos, kubernetes, cilium },
    );
  await Promise.all(
    outdated.map(({ target }) => prePull(step, talosctl, target, [`${target.installer}:${talos}`], "system")),
  );
  if (old.length > 0)
    await Promise.all(
      members.map(({ target }) =>
        prePull(step, talosctl, target, kubernetesImages(target, kubernetes), "cri"),
      ),
    );
  const [first] = controlPlanes;
  if (first !== undefined && parts.length > 0)
    await snapshot(step, talosctl, first, {
      stack,
      recipients: ageRecipients,
      target: targetOf(targets, talos, kubernetes),
    });
  return `ready: ${describe(outdated, talos, old, kubernetes)}`;
}

/**
 * A member of etcd that is no control plane of the stack config leaves at the end of this run. Whether etcd can do without
 * it is asked here, before what waits for whole control planes waits in vain; and again when it leaves.
 */
async function refuseLossOfQuorum(talosctl: Talosctl, controlPlanes: readonly Machine[]): Promise<void> {
  const etcd = await etcdMembers(talosctl, controlPlanes);
  const leaving = etcd?.members.find(({ name }) => !controlPlanes.some((stays) => stays.name === name));
  if (etcd === undefined || leaving === undefined) return;
  await requireQuorumWithout(talosctl, leaving.name, controlPlanes, etcd.members);
}

/** One without this cluster's config gets the new image with its first config. */
async function findMembers(
  step: Step,
  talosctl: Talosctl,
  targets: readonly Target[],
): Promise<readonly Member[]> {
  const found = await Promise.all(targets.map((target) => installationOf(step, talosctl, target)));
  return targets.flatMap((target, index) => {
    const running = found[index];
    return running === undefined ? [] : [{ target, running }];
  });
}

function wantedOn({ schematic }: Target, version: string): Installation {
  return { version, schematic };
}

/** Names what the cluster is to become. */
function targetOf(targets: readonly Target[], talos: string, kubernetes: string): string {
  const schematics = [...new Set(targets.map(({ schematic }) => schematic))].sort();
  return `Talos ${talos} (${schematics.join(", ")}), Kubernetes ${kubernetes}`;
}

/** What the program found in its last outputs, once more against what really runs. */
async function refuseOrder(
  api: Kubernetes | undefined,
  { members, parts }: { readonly members: readonly Member[]; readonly parts: readonly Part[] },
  wanted: { readonly talos: string; readonly kubernetes: string; readonly cilium: string },
): Promise<void> {
  const kubernetes = oldest(parts);
  if (kubernetes === undefined) return;
  const running = {
    talos:
      members.find(({ running: { version } }) => version !== wanted.talos)?.running.version ?? wanted.talos,
    kubernetes,
    cilium: api === undefined ? undefined : await runningCilium(api),
  };
  const [problem] = checkOrder(running, wanted);
  if (problem === undefined) return;
  throw new StepError(problem.message, `no machine has been touched; ${problem.todo}`);
}

function kubernetesImages({ role }: Target, version: string): readonly string[] {
  const { kubelet, apiServer, controllerManager, scheduler } = imagesOf(version);
  return role === "worker" ? [kubelet] : [kubelet, apiServer, controllerManager, scheduler];
}

function describe(
  outdated: readonly Member[],
  talos: string,
  old: readonly Part[],
  kubernetes: string,
): string {
  const names = outdated.map(({ target }) => target.name).join(", ");
  return [
    ...(outdated.length === 0 ? [] : [`${names} for Talos ${talos}`]),
    ...(old.length === 0 ? [] : [`all machines for Kubernetes ${kubernetes}`]),
  ].join("; ");
}
