// Rules between networks: they must not share addresses, or packets go astray.
import { networkOf, overlap, reservedAddress } from "../ip.ts";
import { placedPatches } from "../patches/places.ts";
import { problem, type Problem } from "../problem.ts";
import type { Values } from "../readStack.ts";
import { leavesOf, pathText, valueAt } from "../walk.ts";
import { stayingMachines } from "./askedMachines.ts";

const kinds = ["nodeCidr", "podCidr", "serviceCidr"] as const;

/** All problems of the three networks. */
export function* checkNetwork({ network = {} }: Values): Iterable<Problem> {
  for (const [index, kind] of kinds.entries())
    for (const other of kinds.slice(0, index)) {
      const [one, two] = [network[kind], network[other]];
      if (one !== undefined && two !== undefined && overlap(one, two))
        yield problem(
          `network.${kind}`,
          `${one} overlaps network.${other} ${two}`,
          "choose networks without a common address",
        );
    }
  yield* serviceSize(network.serviceCidr);
}

/**
 * The tenth address is the cluster's DNS, and the API server takes no network of more than 20 bits. Source: Talos'
 * pkg/machinery/config, DNSServiceIPs; kubernetes cmd/kube-apiserver/app/options/validation.go.
 */
function* serviceSize(serviceCidr = ""): Iterable<Problem> {
  const { bits = 12 } = networkOf(serviceCidr) ?? {};
  const tooLarge = ["is larger than a /12, the largest that the API server takes", "write a /12 to /16"];
  const tooSmall = ["is too small: the tenth address of it is the cluster's DNS", "write a /12 to /24"];
  if (bits >= 12 && bits <= 28) return;
  const [found = "", todo = ""] = bits < 12 ? tooLarge : tooSmall;
  yield problem("network.serviceCidr", `${serviceCidr} ${found}`, `${todo}, e.g. 10.96.0.0/12`);
}

/** The addresses of a network that nobody can have, e.g. `192.0.2.0 is the network address of network.nodeCidr 192.0.2.0/24`. */
export function reservedIn(nodeCidr: string | undefined, address: string): string | undefined {
  const reserved = nodeCidr && reservedAddress(nodeCidr, address);
  return reserved && `${address} is ${reserved} of network.nodeCidr ${nodeCidr}`;
}

/** Virtual addresses, which patches give to control planes: nobody else may have one, and somebody must be able to. */
export function* checkVirtualAddresses(values: Values): Iterable<Problem> {
  for (const { path: place, patch } of placedPatches(values))
    for (const [path, address] of leavesOf(patch)) {
      if (typeof address !== "string" || !isVirtual(patch, path)) continue;
      const owner = stayingMachines(values).find((machine) => machine.address === address);
      const wrong =
        reservedIn(values.network?.nodeCidr, address) ??
        (owner && `${address} is the address of ${owner.name ?? "a machine"} itself`);
      if (wrong !== undefined)
        yield problem(
          pathText([...place, ...path]),
          wrong,
          "write an address of the machines' network that nobody has",
        );
    }
}

/** A document's name is its address; interfaces have theirs as `vip.ip`, also those of VLANs. */
function isVirtual(patch: unknown, path: readonly unknown[]): boolean {
  return /^(Layer2|HCloud)VIPConfig$/.test(String(valueAt(patch, ["kind"])))
    ? path.length === 1 && path[0] === "name"
    : path[1] === "network" && path.at(-2) === "vip" && path.at(-1) === "ip";
}
