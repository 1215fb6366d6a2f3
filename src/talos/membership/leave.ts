// How a machine leaves its cluster: its pods go elsewhere, etcd forgets it, its Node goes. Each part looks first, so that
// a run that was cut off goes on with what is left.
import type { Kubernetes } from "../../steps/kubernetes.ts";
import { StepError } from "../../steps/stepError.ts";
import { reasonOf } from "../../steps/talosctl.ts";
import type { ClusterView } from "../clusterView.ts";
import type { MachineRef } from "../contracts.ts";
import { etcdMembers, requireQuorumWithout, type EtcdMembers } from "../etcd/etcdMembers.ts";
import { cordon, drain } from "../node/drain.ts";

/** Long enough for etcd to move its leader and to store the change. */
const etcdSeconds = 60;

/** Who leaves, and whom to ask. The machine itself may be among the control planes. */
export interface Leaving extends ClusterView {
  readonly kubernetes: Kubernetes;
  /** With the address at which it answers, or did. */
  readonly machine: MachineRef;
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

/** The members of etcd as the other control planes know them. */
export async function membersAround(leaving: Leaving): Promise<EtcdMembers | undefined> {
  const controlPlanes = leaving.controlPlanes.filter(({ name }) => name !== leaving.machine.name);
  return etcdMembers({ ...leaving, controlPlanes });
}

/**
 * Takes a machine out of its cluster; wiping it is another's work.
 * @returns what was done, e.g. `k8s-3 has left etcd and the cluster`
 * @throws StepError before anything is changed when etcd would lose its quorum; when a pod cannot be evicted
 */
export async function leaveCluster(leaving: Leaving): Promise<string> {
  const { step, kubernetes, machine, runs, drainSeconds } = leaving;
  const { name } = machine;
  const view = await membersAround(leaving);
  if (view === undefined)
    throw new StepError(
      `${name} cannot leave: no other control plane answers for the cluster`,
      "a cluster keeps its last control plane; pulumi destroy gives the machines back",
    );
  const own = view.members.filter((member) => member.name === name);
  const isMember = own.length > 0;
  if (isMember) await requireQuorumWithout(leaving, name, view.members);
  const isNode = (await kubernetes.read("v1", "Node", name)) !== undefined;
  if (runs && isNode) {
    await cordon(kubernetes, name);
    await drain(step, kubernetes, name, drainSeconds);
  }
  for (const { id } of own) await leaveEtcd(leaving, view.through, id);
  await leaving.beforeForgotten?.();
  await kubernetes.remove("v1", "Node", name);
  if (!isMember && !isNode) return `${name} is in no cluster any more`;
  return `${name} has left ${isMember ? "etcd and " : ""}the cluster`;
}

async function leaveEtcd(leaving: Leaving, through: MachineRef, id: string): Promise<void> {
  const { step, talosctl, machine, runs } = leaving;
  const result = runs
    ? await talosctl.run(machine.address, ["etcd", "leave"], etcdSeconds)
    : await talosctl.run(through.address, ["etcd", "remove-member", id], etcdSeconds);
  // An answer that got lost on the way is no failure.
  const isThere = async (): Promise<boolean> =>
    (await membersAround(leaving))?.members.some((member) => member.id === id) !== false;
  if (result.code !== 0 && (await isThere()))
    throw new StepError(
      `${machine.name} cannot leave etcd: ${reasonOf(result)}`,
      `look at: talosctl etcd members -n ${through.address}; then run pulumi up again`,
    );
  step.say(`${machine.name}: has left etcd`);
}
