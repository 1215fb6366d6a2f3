// Who is in etcd, as some control plane says it, and whether one of them can be spared.
import { StepError } from "../../steps/stepError.ts";
import type { Talosctl } from "../../steps/talosctl.ts";
import type { Machine } from "../machine/inspect.ts";
import { etcdView, parseMembers, type Member } from "./etcdView.ts";
import { askEtcd } from "./etcdPresence.ts";

/** The members of etcd with the control plane that named them. */
export interface EtcdMembers {
  readonly through: Machine;
  readonly members: readonly Member[];
}

/**
 * Asks all control planes whose etcd runs, at the same time. Undefined when none of them names the members: there may be
 * an etcd all the same, without its quorum (etcdPresence.ts).
 */
export async function etcdMembers(
  talosctl: Talosctl,
  controlPlanes: readonly Machine[],
): Promise<EtcdMembers | undefined> {
  const running = (await askEtcd(talosctl, controlPlanes)).filter(({ says }) => says === "runs");
  const views = await Promise.all(
    running.map(async ({ machine }) => ({
      through: machine,
      result: await talosctl.run(machine.address, ["etcd", "members"]),
    })),
  );
  const first = views.find(({ result }) => result.code === 0);
  return first === undefined
    ? undefined
    : { through: first.through, members: parseMembers(first.result.stdout) };
}

/**
 * Refuses to take a member out when those that remain would have no quorum.
 * @param leaving the machine's name
 * @param others control planes besides the one that leaves
 * @throws StepError naming those that are not healthy
 */
export async function requireQuorumWithout(
  talosctl: Talosctl,
  leaving: string,
  others: readonly Machine[],
  members: readonly Member[],
): Promise<void> {
  const remaining = members.filter(({ name }) => name !== leaving);
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
    `${leaving} cannot leave etcd: ${String(healthy)} of the ${String(remaining.length)} members that remain would be healthy, ${String(needed)} are needed${problems.length === 0 ? "" : ` (${problems.join("; ")})`}`,
    "nothing has been changed; mend the others first, then run pulumi up again",
  );
}
