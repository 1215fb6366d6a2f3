// Rules between machines: names, addresses, control planes, and where pods may run.
import { contains } from "../ip.ts";
import { patchesOf } from "../patches/places.ts";
import { problem, type Finding, type Problem } from "../problem.ts";
import type { Values } from "../readStack.ts";
import { valueAt } from "../walk.ts";
import { askedMachines, labelOf, stayingMachines, type AskedMachine } from "./askedMachines.ts";
import { reservedIn } from "./network.ts";

/** All problems between the machines. */
export function* checkMachines(values: Values): Iterable<Finding> {
  const staying = stayingMachines(values);
  // New hardware may have the address of a machine that is gone, but not its name: that one has still to leave.
  yield* shared(askedMachines(values), "name", (first) => `is the name of ${first.at} already`);
  yield* shared(
    staying,
    "address",
    (first, other) => `belongs to both ${labelOf(first)} and ${labelOf(other)}`,
  );
  yield* unusableAddresses(values);
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

function* shared(
  machines: readonly AskedMachine[],
  key: "name" | "address",
  message: (first: AskedMachine, other: AskedMachine) => string,
): Iterable<Problem> {
  for (const [index, machine] of machines.entries()) {
    const first = machines.slice(0, index).find((other) => other[key] === machine[key]);
    if (machine[key] !== undefined && first !== undefined)
      yield problem(
        `${machine.at}.${key}`,
        `${machine[key]} ${message(first, machine)}`,
        `give each machine ${key === "name" ? "a name" : "an address"} of its own`,
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
