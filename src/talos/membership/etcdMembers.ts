// Who is in etcd, as some control plane says it, and whether one of them can be spared.
import { StepError } from "../../steps/stepError.ts";
import type { Talosctl } from "../../steps/talosctl.ts";
import type { Machine } from "../inspect.ts";
import { etcdView, parseMembers, type Member } from "../upgrade/etcdView.ts";

/** The members of etcd with the control plane that named them. */
export interface EtcdMembers {
  readonly through: Machine;
  readonly members: readonly Member[];
}

/** Asks the control planes one after the other; undefined when none of them is in an etcd. */
export async function etcdMembers(
  talosctl: Talosctl,
  controlPlanes: readonly Machine[],
): Promise<EtcdMembers | undefined> {
  for (const through of controlPlanes) {
    const result = await talosctl.run(through.address, ["etcd", "members"]);
    if (result.code === 0) return { through, members: parseMembers(result.stdout) };
  }
  return undefined;
}

/**
 * Refuses to take a member out when those that remain would have no quorum.
 * @param others control planes besides the one that leaves
 * @throws StepError naming those that are not healthy
 */
export async function requireQuorumWithout(
  talosctl: Talosctl,
  leaving: Machine,
  others: readonly Machine[],
  members: readonly Member[],
): Promise<void> {
  const remaining = members.filter(({ name }) => name !== leaving.name);
  const needed = Math.floor(remaining.length / 2) + 1;
  const views = await Promise.all(
    others
      .filter(({ name }) => remaining.some((member) => member.name === name))
      .map((machine) => etcdView(talosctl, machine)),
  );
  const problems = views.flatMap(({ problem }) => problem ?? []);
  const healthy = views.length - problems.length;
  if (healthy >= needed) return;
  throw new StepError(
    `${leaving.name} cannot leave etcd: ${String(healthy)} of the ${String(remaining.length)} members that remain would be healthy, ${String(needed)} are needed${problems.length === 0 ? "" : ` (${problems.join("; ")})`}`,
    "nothing has been changed; mend the others first, then run pulumi up again",
  );
}
