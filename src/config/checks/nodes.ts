// Rules between machines: names, addresses, the number of control planes, who may be the endpoint.
import { contains, reservedAddress } from "../ip.ts";
import { patchesOf } from "../patches/places.ts";
import { valueAt } from "../walk.ts";
import { problem, type Problem } from "../problem.ts";
import type { Values } from "../readStack.ts";
import { placedMachines, type Placed } from "./placed.ts";

/** All problems between the machines, and between them and the cluster. */
export function checkNodes(values: Values): readonly Problem[] {
  const placed = placedMachines(values);
  return [
    ...duplicates(placed, "name"),
    ...duplicates(placed, "address"),
    ...unusableAddresses(placed, values.network?.nodeCidr),
    ...noControlPlane(values.nodes ?? []),
    ...endpointOwner(placed, values.cluster?.endpoint),
  ];
}

function duplicates(placed: readonly Placed[], key: "name" | "address"): readonly Problem[] {
  return placed.flatMap(({ path, node }, index) => {
    const value = node[key];
    // New hardware may have the address of a machine that is gone, but not its name: that one has still to leave.
    const counts = (other: Placed): boolean => key === "name" || other.node.gone !== true;
    const first = placed.slice(0, index).find((other) => counts(other) && other.node[key] === value);
    if (value === undefined || first === undefined || !counts({ path, node })) return [];
    if (key === "name")
      return [
        problem(
          `${path}.name`,
          `${value} is the name of ${first.path} already`,
          "give each machine a name of its own",
        ),
      ];
    const owners = `${nameOf(first)} and ${nameOf({ path, node })}`;
    return [
      problem(
        `${path}.address`,
        `${value} belongs to both ${owners}`,
        "give each machine an address of its own",
      ),
    ];
  });
}

function unusableAddresses(placed: readonly Placed[], nodeCidr: string | undefined): readonly Problem[] {
  if (nodeCidr === undefined) return [];
  return placed.flatMap(({ path, node }) => {
    if (node.address === undefined) return [];
    const reserved = reservedAddress(nodeCidr, node.address);
    if (contains(nodeCidr, node.address) && reserved === undefined) return [];
    const message =
      reserved === undefined
        ? `${node.address} is not inside network.nodeCidr ${nodeCidr}`
        : `${node.address} is ${reserved} of network.nodeCidr ${nodeCidr}, which no machine can have`;
    return [
      problem(
        `${path}.address`,
        message,
        `give ${nameOf({ path, node })} ${reserved === undefined ? "an" : "another"} address of that network, or correct network.nodeCidr`,
      ),
    ];
  });
}

/** Judged only when every role is known: a misspelt one would make a second problem out of the first. */
function noControlPlane(nodes: NonNullable<Values["nodes"]>): readonly Problem[] {
  if (nodes.length === 0 || nodes.some((node) => node?.role === undefined)) return [];
  if (nodes.some((node) => node?.role === "controlplane" && node.gone !== true)) return [];
  return [
    problem(
      "nodes",
      "no machine has the role controlplane",
      "give one or three of them the role controlplane",
    ),
  ];
}

/** Control planes take no pods unless they are told to, and Flux is pods. Others may have told the Nodes so by other means. */
export function warnOfNowhereToRun(values: Values): readonly string[] {
  const nodes = values.nodes ?? [];
  const staying = nodes.flatMap((node, index) => (node?.gone === true ? [] : [{ node, index }]));
  if (staying.length === 0 || staying.some(({ node }) => node?.role !== "controlplane")) return [];
  if (staying.some(({ index }) => takesPods(values, index))) return [];
  return [
    "all of nodes are control planes, and none takes pods: Flux and all apps wait until one does → add { cluster: { allowSchedulingOnControlPlanes: true } } to patches.controlplane, or keep a worker",
  ];
}

function takesPods(values: Values, index: number): boolean {
  const said = patchesOf(values, index).flatMap(({ patch }) =>
    ["allowSchedulingOnControlPlanes", "allowSchedulingOnMasters"].flatMap(
      (key) => valueAt(patch, ["cluster", key]) ?? [],
    ),
  );
  // What is neither true nor false is named by talosctl, and what is encrypted is not read here.
  return said.length > 0 && said.at(-1) !== false;
}

/** Who answers at the endpoint must be able to: a control plane, and not just one of several. */
function endpointOwner(placed: readonly Placed[], endpoint: string | undefined): readonly Problem[] {
  if (endpoint === undefined) return [];
  const { hostname } = new URL(endpoint);
  const owner = placed.find(({ node }) => node.address === hostname);
  if (owner?.node.role === "worker")
    return [
      problem(
        "cluster.endpoint",
        `${hostname} is the address of the worker ${nameOf(owner)}, which serves no Kubernetes API`,
        "write the address of a control plane or a virtual address",
      ),
    ];
  const controlPlanes = placed.filter(({ node }) => node.role === "controlplane" && node.gone !== true);
  if (owner === undefined || controlPlanes.length < 2) return [];
  return [
    problem(
      "cluster.endpoint",
      `${hostname} is the address of ${nameOf(owner)} alone: the cluster would be out of reach whenever that machine is off`,
      "write a virtual address (a Layer2VIPConfig in patches.controlplane) or a load balancer",
    ),
  ];
}

function nameOf({ path, node }: Placed): string {
  return node.name === undefined ? path : `${node.name} (${path})`;
}
