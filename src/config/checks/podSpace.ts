// Whether every machine gets a network for its pods: one that gets none stays NotReady for ever.
import { networkAddress, networkOf } from "../ip.ts";
import { problem, type Problem } from "../problem.ts";
import type { Values } from "../readStack.ts";
import { valueAt } from "../walk.ts";
import { stayingMachines } from "./askedMachines.ts";

/** Where machines get their pods' addresses from. */
interface PodSpace {
  /** Where it is written, e.g. `network.podCidr`. */
  readonly path: string;
  readonly cidrs: readonly string[];
  /** Prefix length of what one machine gets. */
  readonly mask: number;
}

/** Kubernetes' and Cilium's default: a /24 for each machine. */
const defaultMask = 24;

/** The controller manager counts no more networks than this many bits hold. Source: kubernetes pkg/controller/nodeipam/ipam/cidrset. */
const mostBits = 16;

const podCidrPath = "network.podCidr";

/**
 * Counts machines against networks.
 * @param ciliumValues values of Cilium's chart; `ipam` in them decides who hands out networks. Source: docs.cilium.io, IPAM
 * @param isAlive whether the cluster exists, and its podCidr cannot change any more
 */
export function* checkPodSpace(
  values: Values,
  ciliumValues: Readonly<Record<string, unknown>>,
  isAlive: boolean,
): Iterable<Problem> {
  const machines = stayingMachines(values).length;
  const { path, cidrs, mask } = podSpace(values, ciliumValues);
  const lengths = cidrs.flatMap((cidr) => networkOf(cidr)?.bits ?? []);
  // What is written may be no network, or nobody hands them out by machine.
  if (machines === 0 || cidrs.length === 0 || lengths.length < cidrs.length) return;
  const shown = cidrs.join(", ");
  const room = lengths.reduce((sum, length) => sum + Math.floor(2 ** (mask - length)), 0);
  const needed = Math.min(mask - Math.ceil(Math.log2(machines)), 16);
  if (path === podCidrPath && lengths.some((length) => mask - length > mostBits))
    yield problem(
      path,
      `${shown} is too large: with a /${mask} for each machine Kubernetes takes a /${mask - mostBits} at most`,
      `write a smaller network, e.g. 10.244.0.0/${Math.max(16, mask - mostBits)}`,
    );
  else if (room < machines)
    yield problem(
      path,
      `${shown} has room for ${room} machine${room === 1 ? "" : "s"} with a /${mask} each, and there are ${machines}`,
      isAlive && path === podCidrPath
        ? "leave out the machines that are too many: the network is the cluster's for its whole life"
        : `write a larger network, a /${needed} or more, e.g. ${networkAddress(`10.244.0.0/${needed}`) ?? ""}`,
    );
}

/** Without networks where neither Kubernetes nor Cilium hands them out by machine. */
function podSpace({ network, patches }: Values, ciliumValues: Readonly<Record<string, unknown>>): PodSpace {
  const ipam = (...path: readonly string[]): unknown => valueAt(ciliumValues, ["ipam", ...path]);
  // The chart's own default, where the values name no mode.
  const mode = ipam("mode") ?? "cluster-pool";
  const podCidr = network?.podCidr;
  if (mode === "kubernetes")
    return { path: podCidrPath, cidrs: podCidr === undefined ? [] : [podCidr], mask: maskOfPatches(patches) };
  const list = ipam("operator", "clusterPoolIPv4PodCIDRList") ?? "10.0.0.0/8";
  const size = ipam("operator", "clusterPoolIPv4MaskSize");
  return {
    path: "bootstrap/cilium/values.yaml: ipam.operator.clusterPoolIPv4PodCIDRList",
    cidrs: mode === "cluster-pool" ? [list].flat().map(String) : [],
    mask: typeof size === "number" ? size : defaultMask,
  };
}

/** Patches may give machines larger or smaller networks. */
function maskOfPatches({ common = [], controlplane = [] }: Values["patches"] = {}): number {
  const args = [...common, ...controlplane].flatMap((patch) =>
    ["node-cidr-mask-size-ipv4", "node-cidr-mask-size"].map((name) =>
      Number(valueAt(patch, ["cluster", "controllerManager", "extraArgs", name])),
    ),
  );
  return args.findLast((mask) => Number.isInteger(mask) && mask > 0 && mask <= 32) ?? defaultMask;
}
