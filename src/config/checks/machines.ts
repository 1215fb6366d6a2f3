// Rules between machines: names, addresses, control planes, and where pods may run.
import { contains } from "../ip.ts";
import { patchesOf } from "../patches/places.ts";
import { problem, type Finding, type Problem } from "../problem.ts";
import type { Values } from "../readStack.ts";
import { valueAt } from "../walk.ts";
import { askedMachines, labelOf, stayingMachines } from "./askedMachines.ts";
import { reservedIn } from "./network.ts";

/** All problems between the machines. */
export function* checkMachines(values: Values): Iterable<Finding> {
  yield* sharedNames(values);
  yield* sharedAddresses(values);
  yield* unusableAddresses(values);
  const staying = stayingMachines(values);
  // Judged only when every role is known: a misspelt one would make a second problem out of the first.
  if (values.nodes?.every((node) => node?.role !== undefined) !== true || values.nodes.length === 0) return;
  if (!staying.some(({ role }) => role === "controlplane"))
    yield problem(
      "nodes",
      "no machine has the role controlplane",
      "give one or three of them the role controlplane",
    );
  // Control planes take no pods unless they are told to, and Flux is pods. Others may have told the Nodes so by other means.
  else if (staying.every(({ role }) => role === "controlplane") && !takesPods(values))
    yield "all of nodes are control planes, and none takes pods: Flux and all apps wait until one does → add { cluster: { allowSchedulingOnControlPlanes: true } } to patches.controlplane, or keep a worker";
}

/** Also one that is gone has its name still: it has to leave first. */
function* sharedNames(values: Values): Iterable<Problem> {
  const asked = askedMachines(values);
  for (const [index, { at, name }] of asked.entries()) {
    const first = asked.slice(0, index).find((other) => other.name === name);
    if (name !== undefined && first !== undefined)
      yield problem(
        `${at}.name`,
        `${name} is the name of ${first.at} already`,
        "give each machine a name of its own",
      );
  }
}

/** New hardware may have the address of a machine that is gone. */
function* sharedAddresses(values: Values): Iterable<Problem> {
  const staying = stayingMachines(values);
  for (const [index, machine] of staying.entries()) {
    const first = staying.slice(0, index).find(({ address }) => address === machine.address);
    if (machine.address !== undefined && first !== undefined)
      yield problem(
        `${machine.at}.address`,
        `${machine.address} belongs to both ${labelOf(first)} and ${labelOf(machine)}`,
        "give each machine an address of its own",
      );
  }
}

function* unusableAddresses(values: Values): Iterable<Problem> {
  const nodeCidr = values.network?.nodeCidr;
  for (const machine of askedMachines(values)) {
    const { at, address } = machine;
    if (nodeCidr === undefined || address === undefined) continue;
    const reserved = reservedIn(nodeCidr, address);
    if (reserved === undefined && contains(nodeCidr, address)) continue;
    yield problem(
      `${at}.address`,
      reserved === undefined
        ? `${address} is not inside network.nodeCidr ${nodeCidr}`
        : `${reserved}, which no machine can have`,
      `give ${labelOf(machine)} ${reserved === undefined ? "an" : "another"} address of that network, or correct network.nodeCidr`,
    );
  }
}

/** Whether any machine that stays is told to. */
function takesPods(values: Values): boolean {
  return (values.nodes ?? []).some((node, index) => {
    const said = patchesOf(values, index).flatMap(({ patch }) =>
      ["allowSchedulingOnControlPlanes", "allowSchedulingOnMasters"].flatMap(
        (key) => valueAt(patch, ["cluster", key]) ?? [],
      ),
    );
    // What is neither true nor false is named by talosctl, and what is encrypted is not read here.
    return node?.gone !== true && said.length > 0 && said.at(-1) !== false;
  });
}
