// Rules between the machines that the last run left and those that are asked for now: what one run may do to a cluster
// that lives. Nothing of it applies before a first run has finished.
import { changes } from "../../versions/components.ts";
import type { LastRun, ReachedMachine, ReachedVersions } from "../reached.ts";
import { problem, type Findings, type Problem } from "../problem.ts";
import type { Values } from "../readStack.ts";
import { checkMachineNames } from "./machineNames.ts";
import { placedMachines, type AskedMachine, type Placed } from "./placed.ts";

/**
 * All problems of going from the machines of the last run to those of the stack config. Whether another address is another
 * machine is not known here: only the machines themselves say it (src/talos/identity).
 */
export function checkMachineMoves(lastRun: LastRun, values: Values): Findings {
  const placed = placedMachines(values);
  // A misspelt role has a problem of its own, and every rule below asks for roles.
  if (placed.length === 0 || placed.some(({ node }) => node.role === undefined))
    return { problems: [], warnings: [] };
  const count = controlPlaneCount(lastRun.machines, placed);
  const before = lastRun.machines ?? [];
  const leaving = leavingControlPlanes(
    before,
    placed.map(({ node }) => node),
  );
  return {
    problems: [
      ...count.problems,
      ...placed.flatMap((one) => [
        ...goneUnknown(lastRun, one),
        ...generationBack(before, one),
        ...roleChange(before, one),
      ]),
      ...checkMachineNames(lastRun, placed, values.cluster?.endpoint),
      ...checkLeaving(leaving, lastRun.versions, values.versions ?? {}),
    ],
    warnings: count.warnings,
  };
}

/** etcd with an even number of members stands no more failures than with one less; on the way down it may pass one. */
function controlPlaneCount(
  reached: readonly ReachedMachine[] | undefined,
  placed: readonly Placed[],
): Findings {
  const names = placed.flatMap(({ node }) => (node.role === "controlplane" ? [node.name ?? "?"] : []));
  if (names.length % 2 === 1 || names.length === 0) return { problems: [], warnings: [] };
  const found = `${String(names.length)} control planes (${names.join(", ")})`;
  const before = reached?.filter(({ role }) => role === "controlplane").length ?? 0;
  if (before >= names.length)
    return {
      problems: [],
      warnings: [`nodes: ${found} stand no more failures than one less: add or remove one`],
    };
  return {
    problems: [
      problem(
        "nodes",
        `${found}: etcd needs an odd number, with an even one it stands no more failures than with one less`,
        "add one or make one a worker",
      ),
    ],
    warnings: [],
  };
}

/** What is in the state can be gone too: a destroy or a removal that failed half-way leaves a config of it there. */
function goneUnknown({ machines, configured }: LastRun, { path, node }: Placed): readonly Problem[] {
  const known = [...(machines ?? []), ...(configured ?? [])];
  if (node.gone !== true || known.some(({ name }) => name === node.name)) return [];
  return [
    problem(
      `${path}.gone`,
      `${node.name ?? "this machine"} was no machine of the last finished run, so there is nothing that could leave`,
      "remove it from nodes",
    ),
  ];
}

function generationBack(before: readonly ReachedMachine[], { path, node }: Placed): readonly Problem[] {
  const known = before.find(({ name }) => name === node.name);
  if (known === undefined || node.generation === undefined || node.generation >= known.generation) return [];
  return [
    problem(
      `${path}.generation`,
      `${String(node.generation)} is less than ${String(known.generation)}, which ${known.name} has reached`,
      otherHere(before, node) ??
        `write ${String(known.generation)}, or ${String(known.generation + 1)} to make the machine anew`,
    ),
  ];
}

function roleChange(before: readonly ReachedMachine[], { path, node }: Placed): readonly Problem[] {
  const known = before.find(({ name }) => name === node.name);
  if (known === undefined || known.role === node.role || known.gone) return [];
  if (node.generation === undefined || node.generation > known.generation) return [];
  return [
    problem(
      `${path}.role`,
      `${known.name} is a ${known.role} of this cluster, and takes another role only when it is wiped`,
      otherHere(before, node) ??
        `write ${known.role}, or count ${path}.generation up to ${String(known.generation + 1)} to have it wiped`,
    ),
  ];
}

/** What to do where the address is another machine's: names were exchanged, and making anything anew would not help. */
function otherHere(before: readonly ReachedMachine[], node: AskedMachine): string | undefined {
  const other = before.find(({ address, gone }) => address === node.address && !gone);
  if (other === undefined || other.name === node.name) return undefined;
  return `give ${other.name} its address ${other.address} again: a machine keeps its name as long as it is in the cluster`;
}

/** What the stack config says of a machine, as far as it could be read. */
export type Asked = Pick<AskedMachine, "name" | "role" | "generation" | "gone">;

/** Control planes of the last run that this one takes out of etcd, for good or to come back anew, by name. */
export function leavingControlPlanes(
  before: readonly ReachedMachine[],
  asked: readonly Asked[],
): readonly string[] {
  return before.flatMap(({ name, role, generation, gone }) => {
    if (role !== "controlplane" || gone) return [];
    const found = asked.find((node) => node.name === name);
    const stays =
      found !== undefined &&
      found.gone !== true &&
      found.role === role &&
      // What could not be read has its own problem.
      (found.generation ?? generation) === generation;
    return stays ? [] : [name];
  });
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
  return [
    ...(second === undefined
      ? []
      : [
          problem(
            "nodes",
            `${names.join(", ")} would leave etcd in one run, which must stay whole while one does`,
            `change ${first} alone, run pulumi up, then go on with the next`,
          ),
        ]),
    ...(changed === undefined
      ? []
      : [
          problem(
            "nodes",
            `${first} would leave etcd in the run that changes versions.${changed}`,
            "do one of both in an up of its own",
          ),
        ]),
  ];
}
