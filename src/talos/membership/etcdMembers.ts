// Who is in etcd, as a control plane says it, and whether one of them can be spared.
import { StepError } from "../../steps/stepError.ts";
import { reasonOf, type Talosctl } from "../../steps/talosctl.ts";
import type { Machine } from "../inspect.ts";

/** A member of etcd. */
export interface EtcdMember {
  /** Hex, as talosctl prints and takes it, e.g. `8e9e05c52164694d`. */
  readonly id: string;
  /** The machine's name; empty before a new member has started. */
  readonly name: string;
}

/** etcd as one living control plane sees it. */
export interface EtcdView {
  /** The control plane that was asked. */
  readonly through: Machine;
  readonly members: readonly EtcdMember[];
}

/** Asks the control planes one after the other; undefined when none of them is in an etcd. */
export async function etcdView(
  talosctl: Talosctl,
  controlPlanes: readonly Machine[],
): Promise<EtcdView | undefined> {
  for (const through of controlPlanes) {
    const result = await talosctl.run(through.address, ["etcd", "members"]);
    if (result.code === 0) return { through, members: parseMembers(result.stdout) };
  }
  return undefined;
}

/**
 * Members in the output of `talosctl etcd members` for one machine. Columns: NODE, ID, HOSTNAME, PEER URLS, CLIENT URLS,
 * LEARNER; a member that has not started has no host name and no client URLs. Source: siderolabs/talos v1.12
 * cmd/talosctl/cmd/talos/etcd.go.
 */
export function parseMembers(output: string): readonly EtcdMember[] {
  return output.split("\n").flatMap((line) => {
    const [, id, name = ""] = /^\S+\s+([0-9a-f]{8,16})\s+(\S+)/.exec(line) ?? [];
    return id === undefined ? [] : [{ id, name: name.includes("://") ? "" : name }];
  });
}

/**
 * Refuses to take a member out when those that remain would have no quorum.
 * @param others control planes besides the one that leaves
 * @throws StepError naming those that do not answer
 */
export async function requireQuorumWithout(
  talosctl: Talosctl,
  leaving: Machine,
  others: readonly Machine[],
  members: readonly EtcdMember[],
): Promise<void> {
  const remaining = members.filter(({ name }) => name !== leaving.name);
  const needed = Math.floor(remaining.length / 2) + 1;
  const states = await Promise.all(
    others
      .filter(({ name }) => remaining.some((member) => member.name === name))
      .map(async (machine) => ({ machine, problem: await etcdProblem(talosctl, machine) })),
  );
  const healthy = states.filter(({ problem }) => problem === undefined).length;
  if (healthy >= needed) return;
  const broken = states.flatMap(({ machine, problem }) =>
    problem === undefined ? [] : [`${machine.name}: ${problem}`],
  );
  throw new StepError(
    `${leaving.name} cannot leave etcd: ${String(healthy)} of the ${String(remaining.length)} members that remain would be healthy, ${String(needed)} are needed${broken.length === 0 ? "" : ` (${broken.join("; ")})`}`,
    "nothing has been changed; mend the others first, then run pulumi up again",
  );
}

/** What is wrong with the etcd of one control plane; undefined when it is healthy. */
export async function etcdProblem(talosctl: Talosctl, { address }: Machine): Promise<string | undefined> {
  const result = await talosctl.run(address, ["service", "etcd"]);
  if (result.code !== 0) return reasonOf(result);
  const health = /^HEALTH\s+(\S+)/m.exec(result.stdout)?.[1];
  return health === "OK" ? undefined : `etcd's health is ${health ?? "unknown"}`;
}
