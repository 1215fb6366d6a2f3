// Virtual addresses, which patches give to control planes: nobody else may have one, and somebody must be able to.
import { reservedAddress } from "../ip.ts";
import { placedPatches } from "../patches/places.ts";
import { leavesOf, pathText, valueAt, type Segment } from "../walk.ts";
import { problem, type Problem } from "../problem.ts";
import type { Values } from "../readStack.ts";

const kinds: readonly unknown[] = ["Layer2VIPConfig", "HCloudVIPConfig"];

/** All problems between virtual addresses, the machines' network and the machines. */
export function checkVirtualAddresses(values: Values): readonly Problem[] {
  return placedPatches(values).flatMap(({ path: place, patch }) =>
    addressesIn(patch).flatMap(([path, address]) => {
      const wrong = whyNot(address, values);
      return wrong === undefined
        ? []
        : [
            problem(
              pathText([...place, ...path]),
              wrong,
              "write an address of the machines' network that nobody has",
            ),
          ];
    }),
  );
}

/** A document's name is its address; interfaces have theirs as `vip.ip`, also those of VLANs. */
function addressesIn(patch: unknown): readonly (readonly [readonly Segment[], string])[] {
  const isDocument = kinds.includes(valueAt(patch, ["kind"]));
  return leavesOf(patch).flatMap(([path, value]) => {
    const isAddress = isDocument
      ? path.length === 1 && path[0] === "name"
      : path[1] === "network" && path.at(-2) === "vip" && path.at(-1) === "ip";
    return isAddress && typeof value === "string" ? [[path, value] as const] : [];
  });
}

function whyNot(address: string, { network, nodes }: Values): string | undefined {
  const reserved = network?.nodeCidr === undefined ? undefined : reservedAddress(network.nodeCidr, address);
  if (reserved !== undefined)
    return `${address} is ${reserved} of network.nodeCidr ${network?.nodeCidr ?? ""}`;
  const owner = (nodes ?? []).find((node) => node?.gone !== true && node?.address === address);
  return owner === undefined ? undefined : `${address} is the address of ${owner.name ?? "a machine"} itself`;
}
