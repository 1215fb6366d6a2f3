// Whether every machine gets a network for its pods: one that gets none stays NotReady for ever.
import { cidrRange, networkAddress, prefixLength } from "../ip.ts";
import { problem, type Problem } from "../problem.ts";
import type { Values } from "../readStack.ts";
import { valueAt } from "../walk.ts";

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

/**
 * Counts machines against networks.
 * @param ciliumValues values of Cilium's chart; `ipam` in them decides who hands out networks. Source: docs.cilium.io, IPAM
 * @param isAlive whether the cluster exists, and its podCidr cannot change any more
 */
export function checkPodSpace(
  values: Values,
  ciliumValues: Readonly<Record<string, unknown>>,
  isAlive: boolean,
): readonly Problem[] {
  const machines = (values.nodes ?? []).filter((node) => node?.gone !== true).length;
  const space = podSpace(values, ciliumValues);
  if (space === undefined || machines === 0) return [];
  const { path, cidrs, mask } = space;
  const lengths = cidrs.map(prefixLength);
  if (cidrs.length === 0 || lengths.some((length) => length === undefined)) return [];
  const shown = cidrs.join(", ");
  const tooLarge = path === podCidrPath && lengths.some((length) => mask - (length ?? 0) > mostBits);
  if (tooLarge)
    return [
      problem(
        path,
        `${shown} is too large: with a /${String(mask)} for each machine Kubernetes takes a /${String(mask - mostBits)} at most`,
        `write a smaller network, e.g. 10.244.0.0/${String(Math.max(16, mask - mostBits))}`,
      ),
    ];
  const room = lengths.reduce<number>((sum, length = 33) => sum + Math.floor(2 ** (mask - length)), 0);
  if (room >= machines) return [];
  const needed = mask - Math.ceil(Math.log2(machines));
  const todo =
    isAlive && path === podCidrPath
      ? "leave out the machines that are too many: the network is the cluster's for its whole life"
      : `write a larger network, a /${String(Math.min(needed, 16))} or more, e.g. ${networkAddress(`10.244.0.0/${String(Math.min(needed, 16))}`) ?? ""}`;
  return [
    problem(
      path,
      `${shown} has room for ${String(room)} machine${room === 1 ? "" : "s"} with a /${String(mask)} each, and there are ${String(machines)}`,
      todo,
    ),
  ];
}

const podCidrPath = "network.podCidr";

/** Undefined where neither Kubernetes nor Cilium hands out networks by machine, or what is written is no network. */
function podSpace(values: Values, ciliumValues: Readonly<Record<string, unknown>>): PodSpace | undefined {
  const ipam = (ciliumValues["ipam"] ?? {}) as {
    readonly mode?: unknown;
    readonly operator?: {
      readonly clusterPoolIPv4PodCIDRList?: unknown;
      readonly clusterPoolIPv4MaskSize?: unknown;
    };
  };
  // The chart's own default, where the values name no mode.
  const mode = ipam.mode ?? "cluster-pool";
  if (mode === "kubernetes") {
    const podCidr = values.network?.podCidr;
    if (podCidr === undefined) return undefined;
    return { path: podCidrPath, cidrs: [podCidr], mask: maskOfPatches(values) };
  }
  if (mode !== "cluster-pool") return undefined;
  const { clusterPoolIPv4PodCIDRList: list = ["10.0.0.0/8"], clusterPoolIPv4MaskSize: size } =
    ipam.operator ?? {};
  const cidrs = (Array.isArray(list) ? list : [list]).map(String);
  if (cidrs.some((cidr) => cidrRange(cidr) === undefined)) return undefined;
  return {
    path: "bootstrap/cilium/values.yaml: ipam.operator.clusterPoolIPv4PodCIDRList",
    cidrs,
    mask: typeof size === "number" ? size : defaultMask,
  };
}

/** Patches may give machines larger or smaller networks. */
function maskOfPatches({ patches }: Values): number {
  const args = [...(patches?.common ?? []), ...(patches?.controlplane ?? [])].flatMap((patch) =>
    ["node-cidr-mask-size-ipv4", "node-cidr-mask-size"].map((name) =>
      Number(valueAt(patch, ["cluster", "controllerManager", "extraArgs", name])),
    ),
  );
  return args.findLast((mask) => Number.isInteger(mask) && mask > 0 && mask <= 32) ?? defaultMask;
}
