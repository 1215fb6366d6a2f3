// How a machine leaves its cluster: its pods go elsewhere, etcd forgets it, its Node goes. Each part looks first, so that
// a run that was cut off goes on with what is left.
import type { Kubernetes } from "../../steps/kubernetes.ts";
import { StepError } from "../../steps/stepError.ts";
import type { Step } from "../../steps/step.ts";
import { reasonOf, type Talosctl } from "../../steps/talosctl.ts";
import type { Machine } from "../machine/inspect.ts";
import { cordon, drain } from "../node/drain.ts";
import { etcdMembers, requireQuorumWithout, type EtcdMembers } from "../etcd/etcdMembers.ts";

/** Long enough for etcd to move its leader and to store the change. */
const etcdSeconds = 60;

/** Who leaves, and whom to ask. */
export interface Leaving {
  readonly step: Step;
  readonly talosctl: Talosctl;
  readonly kubernetes: Kubernetes;
  /** With the address at which it answers, or did. */
  readonly machine: Machine;
  /** The cluster's control planes; the machine itself may be among them. */
  readonly controlPlanes: readonly Machine[];
  /** Whether the machine runs and can do its part. One that was wiped or is dead is only forgotten. */
  readonly runs: boolean;
  /** Seconds for evicting its pods. */
  readonly drainSeconds: number;
  /**
   * Done before the Node is deleted, which is the last trace of the machine: a run that is cut off before it is over finds
   * the Node and does it again.
   */
  readonly beforeForgotten?: () => Promise<void>;
}

/**
 * Takes a machine out of its cluster; wiping it is another's work.
 * @returns what was done, e.g. `k8s-3 has left etcd and the cluster`
 * @throws StepError before anything is changed when etcd would lose its quorum; when a pod cannot be evicted
 */
export async function leaveCluster(leaving: Leaving): Promise<string> {
  const { step, talosctl, kubernetes, machine, controlPlanes, runs, drainSeconds } = leaving;
  const others = controlPlanes.filter(({ name }) => name !== machine.name);
  const view = await etcdMembers(talosctl, others);
  if (view === undefined)
    throw new StepError(
      `${machine.name} cannot leave: no other control plane answers for the cluster`,
      "a cluster keeps its last control plane; pulumi destroy gives the machines back",
    );
  const isMember = view.members.some(({ name }) => name === machine.name);
  if (isMember) await requireQuorumWithout(talosctl, machine.name, others, view.members);
  const isNode = (await kubernetes.read("v1", "Node", machine.name)) !== undefined;
  if (runs && isNode) {
    await cordon(kubernetes, machine.name);
    await drain(step, kubernetes, machine.name, drainSeconds);
  }
  if (isMember) await leaveEtcd(leaving, view);
  await leaving.beforeForgotten?.();
  await kubernetes.remove("v1", "Node", machine.name);
  if (!isMember && !isNode) return `${machine.name} is in no cluster any more`;
  return `${machine.name} has left ${isMember ? "etcd and " : ""}the cluster`;
}

async function leaveEtcd(
  { step, talosctl, machine, runs, controlPlanes }: Leaving,
  view: EtcdMembers,
): Promise<void> {
  const named = view.members.filter(({ name }) => name === machine.name);
  for (const { id } of named) {
    const result = runs
      ? await talosctl.run(machine.address, ["etcd", "leave"], etcdSeconds)
      : await talosctl.run(view.through.address, ["etcd", "remove-member", id], etcdSeconds);
    const after = await etcdMembers(
      talosctl,
      controlPlanes.filter(({ name }) => name !== machine.name),
    );
    // An answer that got lost on the way is no failure.
    if (result.code !== 0 && after?.members.some((member) => member.id === id) !== false)
      throw new StepError(
        `${machine.name} cannot leave etcd: ${reasonOf(result)}`,
        `look at: talosctl etcd members -n ${view.through.address}; then run pulumi up again`,
      );
    step.say(`${machine.name}: has left etcd`);
  }
}
