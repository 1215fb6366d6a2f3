// Rules between the machines that the last run left and those that are asked for now: what one run may do to a cluster
// that lives. Nothing of it applies before a first run has finished.
import { changes } from "../../versions/components.ts";
import { isOnlyControlPlane, type LastRun, type ReachedMachine, type ReachedVersions } from "../reached.ts";
import { problem, type Finding, type Problem } from "../problem.ts";
import type { Values } from "../readStack.ts";
import { askedMachines, type AskedMachine } from "./askedMachines.ts";

/**
 * All problems of going from the machines of the last run to those of the stack config. Whether another address is another
 * machine is not known here: only the machines themselves say it (src/talos/identity).
 */
export function* checkMachineMoves(lastRun: LastRun, values: Values): Iterable<Finding> {
  const asked = askedMachines(values);
  const before = lastRun.machines ?? [];
  if (asked.length === 0) return;
  // A misspelt role has a problem of its own.
  const hasRoles = asked.every(({ role }) => role !== undefined);
  if (hasRoles) yield* controlPlaneCount(before, asked);
  for (const machine of asked) {
    yield* goneUnknown(lastRun, machine);
    const known = before.find(({ name }) => name === machine.name);
    if (known !== undefined) yield* changed(known, machine, before);
  }
  yield* checkMachineNames(lastRun, asked, values.cluster?.endpoint);
  if (hasRoles)
    yield* checkLeaving(leavingControlPlanes(before, asked), lastRun.versions, values.versions ?? {});
}

/** etcd with an even number of members stands no more failures than with one less; on the way down it may pass one. */
function* controlPlaneCount(
  before: readonly ReachedMachine[],
  asked: readonly AskedMachine[],
): Iterable<Finding> {
  const names = asked.flatMap(({ role, name }) => (role === "controlplane" ? [name ?? "?"] : []));
  if (names.length % 2 === 1 || names.length === 0) return;
  const found = `${names.length} control planes (${names.join(", ")})`;
  if (before.filter(({ role }) => role === "controlplane").length >= names.length)
    yield `nodes: ${found} stand no more failures than one less: add or remove one`;
  else
    yield problem(
      "nodes",
      `${found}: etcd needs an odd number, with an even one it stands no more failures than with one less`,
      "add one or make one a worker",
    );
}

/** What is in the state can be gone too: a destroy or a removal that failed half-way leaves a config of it there. */
function* goneUnknown({ machines = [], configured = [] }: LastRun, machine: AskedMachine): Iterable<Problem> {
  const { at, name, gone } = machine;
  if (gone !== true || [...machines, ...configured].some((known) => known.name === name)) return;
  yield problem(
    `${at}.gone`,
    `${name ?? "this machine"} was no machine of the last finished run, so there is nothing that could leave`,
    "remove it from nodes",
  );
}

/** What a machine of the cluster may not change, or not like this. */
function* changed(
  known: ReachedMachine,
  { at, role, address, generation = known.generation, gone }: AskedMachine,
  before: readonly ReachedMachine[],
): Iterable<Problem> {
  // Where the address is another machine's, names were exchanged, and making anything anew would not help.
  const other = before.find((machine) => machine.address === address && !machine.gone);
  const exchanged =
    other === undefined || other.name === known.name
      ? undefined
      : `give ${other.name} its address ${other.address} again: a machine keeps its name as long as it is in the cluster`;
  if (generation < known.generation)
    yield problem(
      `${at}.generation`,
      `${generation} is less than ${known.generation}, which ${known.name} has reached`,
      exchanged ?? `write ${known.generation}, or ${known.generation + 1} to make the machine anew`,
    );
  if (role !== undefined && role !== known.role && generation <= known.generation && !known.gone)
    yield problem(
      `${at}.role`,
      `${known.name} is a ${known.role} of this cluster, and takes another role only when it is wiped`,
      exchanged ??
        `write ${known.role}, or count ${at}.generation up to ${known.generation + 1} to have it wiped`,
    );
  // Config and step of a machine that is gone are kept as they were until it is removed (src/talos/machine/machine.ts). So
  // another address or generation would do nothing, and whoever wrote it means something else.
  const asks = { address: address ?? known.address, generation };
  for (const key of ["address", "generation"] as const)
    // A generation that goes back has a problem already.
    if (gone === true && asks[key] !== known[key] && (key === "address" || generation > known.generation))
      yield problem(
        `${at}.${key}`,
        `${asks[key]} is new, and of a machine that is gone nothing changes: ${known.name} has ${key} ${known[key]}`,
        `write ${known[key]}; new hardware gets a line of its own with another name`,
      );
}

/**
 * One machine under two names. To the program a name is a machine: another name is another machine, and the old one is
 * drained and wiped at the address that it had, which would then be the renamed machine itself.
 */
function* checkMachineNames(
  { machines = [], configured }: LastRun,
  asked: readonly AskedMachine[],
  endpoint: string | undefined,
): Iterable<Problem> {
  // What the state has is what a removal would wipe; of a machine that was called gone nothing is wiped.
  const known = (configured ?? machines).filter(
    ({ name }) => !machines.some((machine) => machine.name === name && machine.gone),
  );
  const isAsked = (name: string): boolean => asked.some((machine) => machine.name === name);
  for (const { at, name, address, gone } of asked) {
    const here = known.filter((machine) => machine.address === address);
    const before = here.find((machine) => !isAsked(machine.name));
    if (gone === true || name === undefined || address === undefined || before === undefined) continue;
    // The state has both: what has happened there only the machine can say.
    if (here.some((machine) => machine.name === name)) continue;
    yield problem(
      `${at}.name`,
      `${address} is the address of ${before.name}, which is in nodes no longer: another name is another machine, and this one would be wiped when ${before.name} leaves`,
      isOnlyControlPlane(machines, before.name)
        ? `write ${before.name}: the only control plane keeps its name as long as the cluster lives; is it other hardware, see docs/runbooks/machines.md`
        : `write ${before.name}; to have it under another name remove its line, run pulumi up, which wipes it, then add ${name}; for other hardware at this address keep the line of ${before.name} as well, with gone: true`,
    );
  }
  if (endpoint === undefined) return;
  // An endpoint that was a machine's own address goes where the machine goes.
  const { hostname, port } = new URL(endpoint);
  const owner = known.find(({ address }) => address === hostname);
  const now = asked.find(({ name }) => name === owner?.name);
  if (owner === undefined || now?.address === undefined || now.gone === true) return;
  if (asked.some(({ address }) => address === hostname)) return;
  yield problem(
    "cluster.endpoint",
    `${hostname} was the address of ${owner.name}, which is asked for at ${now.address}: nobody would answer there`,
    `write https://${now.address}:${port}, or a virtual address`,
  );
}

/** Control planes of the last run that this one takes out of etcd, for good or to come back anew, by name. */
export function leavingControlPlanes(
  before: readonly ReachedMachine[],
  asked: readonly Pick<AskedMachine, "name" | "role" | "generation" | "gone">[],
): readonly string[] {
  const stays = ({ name, role, generation }: ReachedMachine): boolean =>
    asked.some(
      (machine) =>
        machine.name === name &&
        machine.gone !== true &&
        machine.role === role &&
        // What could not be read has its own problem.
        (machine.generation ?? generation) === generation,
    );
  return before
    .filter((machine) => machine.role === "controlplane" && !machine.gone && !stays(machine))
    .map(({ name }) => name);
}

/**
 * etcd gives up one member at a time; and a control plane that is away and another that reboots would be two.
 * @param names control planes that leave etcd in this run
 * @param reached versions of the last run
 */
export function checkLeaving(
  names: readonly string[],
  reached: ReachedVersions,
  wanted: ReachedVersions,
): readonly Problem[] {
  const [first, second] = names;
  if (first === undefined) return [];
  const changed = changes(reached, wanted).find((key) => key === "talos" || key === "kubernetes");
  const together = problem(
    "nodes",
    `${names.join(", ")} would leave etcd in one run, which must stay whole while one does`,
    `change ${first} alone, run pulumi up, then go on with the next`,
  );
  const withVersions = problem(
    "nodes",
    `${first} would leave etcd in the run that changes versions.${changed ?? ""}`,
    "do one of both in an up of its own",
  );
  return [...(second === undefined ? [] : [together]), ...(changed === undefined ? [] : [withVersions])];
}
