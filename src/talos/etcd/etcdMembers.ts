// Who is in etcd, as the control planes say it, and whether one of them can be spared.
import { StepError } from "../../steps/stepError.ts";
import type { ClusterView } from "../clusterView.ts";
import type { MachineRef } from "../contracts.ts";
import { askEtcd } from "./etcdPresence.ts";
import { etcdView, parseMembers, type EtcdView, type Member } from "./etcdView.ts";

/** The members of etcd with the control plane that named them. */
export interface EtcdMembers {
  readonly through: MachineRef;
  readonly members: readonly Member[];
}

/**
 * Asks all control planes whose etcd runs, at the same time. Undefined when none of them names the members: there may be
 * an etcd all the same, without its quorum (etcdPresence.ts).
 */
export async function etcdMembers(cluster: Omit<ClusterView, "step">): Promise<EtcdMembers | undefined> {
  const running = (await askEtcd(cluster)).filter(({ says }) => says === "runs");
  const views = await Promise.all(
    running.map(async ({ machine }) => ({
      through: machine,
      result: await cluster.talosctl.run(machine.address, ["etcd", "members"]),
    })),
  );
  const first = views.find(({ result }) => result.code === 0);
  return first && { through: first.through, members: parseMembers(first.result.stdout) };
}

/** How many of so many members have to be healthy. */
function quorumOf({ length }: readonly Member[]): number {
  return Math.floor(length / 2) + 1;
}

/** Refuses to take a member out for good when those that remain would have no quorum. @param leaving its name */
export async function requireQuorumWithout(
  { talosctl, controlPlanes }: Omit<ClusterView, "step">,
  leaving: string,
  members: readonly Member[],
): Promise<void> {
  const remaining = members.filter(({ name }) => name !== leaving);
  const asked = controlPlanes.filter(({ name }) => remaining.some((member) => member.name === name));
  const views = await Promise.all(asked.map((machine) => etcdView(talosctl, machine)));
  const problems = views.flatMap(({ problem }) => problem ?? []);
  const [healthy, needed] = [views.length - problems.length, quorumOf(remaining)];
  if (healthy >= needed) return;
  const why = problems.length === 0 ? "" : ` (${problems.join("; ")})`;
  throw new StepError(
    `${leaving} cannot leave etcd: ${String(healthy)} of the ${String(remaining.length)} members that remain would be healthy, ${String(needed)} are needed${why}`,
    "nothing has been changed; fix the others first, then run pulumi up again",
  );
}

/**
 * Refuses to take a member down for a while when the others have no quorum: Talos' newer upgrade calls do not ask etcd. A
 * member that no control plane stands for is one that is not there.
 * @param views of all control planes, which are healthy and agree
 */
export function requireQuorumWhileDown({ name }: MachineRef, views: readonly EtcdView[]): void {
  const members = views[0]?.members ?? [];
  const [left, needed] = [views.length - 1, quorumOf(members)];
  // A single one has no other that it could leave the cluster to.
  if (members.length < 2 || left >= needed) return;
  throw new StepError(
    `${name} cannot go down: etcd has ${String(members.length)} members (${namesOf(members)}), needs ${String(needed)}, and would be left with ${String(left)}`,
    "add a control plane first, or remove the member that is not in the stack config, in an up of its own",
  );
}

/** What is wrong with an etcd that all its control planes see so; undefined when it is whole. */
export function etcdProblem(views: readonly EtcdView[]): string | undefined {
  const broken = views.find(({ problem }) => problem !== undefined);
  if (broken !== undefined) return broken.problem;
  const sets = new Map(views.map(({ members }) => [members.map(({ id }) => id).join(), namesOf(members)]));
  if (sets.size > 1)
    return `the control planes know different etcd members: ${[...sets.values()].join(" / ")}`;
  const count = views[0]?.members.length ?? 0;
  return count < views.length
    ? `etcd has ${String(count)} members, expected ${String(views.length)}`
    : undefined;
}

function namesOf(members: readonly Member[]): string {
  return members
    .map(({ name }) => name)
    .sort()
    .join(", ");
}
