// How etcd looks from one control plane, read from what `talosctl service etcd` and `talosctl etcd members|status|alarm list`
// print. Source: siderolabs/talos v1.12.0 cmd/talosctl/cmd/talos/etcd.go, pkg/machinery/formatters.
import { reasonOf, type Talosctl } from "../../steps/talosctl.ts";
import type { MachineRef } from "../contracts.ts";
import { isInMaintenance } from "../machine/inspect.ts";

/** A member of etcd, e.g. `63ea2c0f3b2a9f3a` with its host name; one that has not begun yet has its id for a name. */
export interface Member {
  readonly id: string;
  readonly name: string;
}

/** What one control plane knows: all members by id, and what is wrong, with its name. */
export interface EtcdView {
  readonly members: readonly Member[];
  /** The machine is in maintenance mode: it will be one, and is none yet. */
  readonly isToJoin?: true;
  readonly problem?: string;
}

/** Asks one control plane. Never throws: no answer is a problem too. */
export async function etcdView(talosctl: Talosctl, machine: MachineRef): Promise<EtcdView> {
  const problem = (text: string): EtcdView => ({ members: [], problem: `${machine.name}: ${text}` });
  const ask = (...args: string[]): ReturnType<Talosctl["run"]> => talosctl.run(machine.address, args);
  // The service first: while it is down, or waits to join, the other three hang until they are given up.
  const service = await ask("service", "etcd");
  if (service.code !== 0)
    return (await isInMaintenance(talosctl, machine))
      ? { members: [], isToJoin: true }
      : problem(reasonOf(service));
  const ill = etcdIllness(service.stdout);
  if (ill !== undefined) return problem(ill);
  const asked = [ask("etcd", "members"), ask("etcd", "status"), ask("etcd", "alarm", "list")] as const;
  const answers = await Promise.all(asked);
  const failed = answers.find(({ code }) => code !== 0);
  if (failed !== undefined) return problem(reasonOf(failed));
  const [members, status, alarms] = answers;
  const learner = table(members.stdout).find((row) => row.at(-1) === "true");
  if (learner !== undefined) return problem(`${memberOf(learner).name} joins etcd, it is still a learner`);
  const [alarm] = table(alarms.stdout);
  if (alarm !== undefined) return problem(`etcd alarm ${alarm.join(" ")}`);
  const errors = lastColumn(status.stdout, "ERRORS");
  if (errors !== "") return problem(`etcd says ${errors}`);
  return { members: parseMembers(members.stdout).toSorted((a, b) => (a.id < b.id ? -1 : 1)) };
}

/** Members in the output of `talosctl etcd members` for one machine. */
export function parseMembers(output: string): readonly Member[] {
  return table(output).map(memberOf);
}

/** A member that has not begun yet has neither host name nor client URLs. */
function memberOf([id = "", second = ""]: readonly string[]): Member {
  return { id, name: second.includes("://") || second === "" ? id : second };
}

/** What is wrong by what `talosctl service etcd` prints, e.g. `joins etcd`; undefined when it is healthy. */
export function etcdIllness(output: string): string | undefined {
  // It waits to be added, then for its promotion: until that, etcd answers its health check with an error.
  const joins =
    serviceField(output, "STATE") === "Preparing" ||
    serviceField(output, "LAST HEALTH MESSAGE")?.includes("learner") === true;
  return joins ? "joins etcd" : serviceIllness("etcd", output);
}

/** The same for any service, e.g. `kubelet is Waiting: …`. */
export function serviceIllness(name: string, output: string): string | undefined {
  const [state = "?", health = "?"] = [serviceField(output, "STATE"), serviceField(output, "HEALTH")];
  if (state === "Running" && health === "OK") return undefined;
  // Talos asks a service for its health only once that runs.
  if (state === "Running" && health === "?") return `${name} has started, its health is not known yet`;
  // The newest event comes first: `[Waiting]: Error running Containerd(etcd), … (3s ago)`.
  const event = serviceField(output, "EVENTS")?.replace(/^\[\w+\]: | \(\S+ ago\)$/g, "");
  const why = serviceField(output, "LAST HEALTH MESSAGE") ?? event;
  const ill = health === "?" ? "" : `, its health ${health}`;
  return `${name} is ${state}${ill}${why === undefined ? "" : `: ${why}`}`;
}

/** A field of what `talosctl service <name>` prints, e.g. `STATE`. */
export function serviceField(output: string, key: string): string | undefined {
  return new RegExp(`^${key} +(.+?) *$`, "m").exec(output)?.[1];
}

/** Rows of a table below its heading, without the column that says which machine was asked. */
function table(output: string): readonly (readonly string[])[] {
  const [heading = "", ...lines] = output.split("\n");
  const from = heading.startsWith("NODE") ? 1 : 0;
  return lines.filter((line) => line.trim() !== "").map((line) => line.trim().split(/\s+/).slice(from));
}

/** The last column of a table with one row, which may be empty and may hold blanks. */
function lastColumn(output: string, name: string): string {
  const [heading = "", row = ""] = output.split("\n");
  const at = heading.indexOf(name);
  return at < 0 ? "" : row.slice(at).trim();
}
