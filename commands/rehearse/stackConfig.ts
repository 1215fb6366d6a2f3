// The stack config of a rehearsal: the stack's own, with the lab's addresses and accounts in place of the home's. Pure.
import { isIPv4 } from "node:net";
import type { LabLayout } from "../../lab/layout.ts";
import { takePatches, translator } from "./patches.ts";
import type { Patch, StackNode, StackValues } from "./stackFile.ts";
import type { StackVersions } from "./versions.ts";

/** Where a stack is rehearsed. */
export interface Place {
  readonly layout: Pick<LabLayout, "cidr" | "endpointAddress">;
  /** The stack config that the lab has written for itself: its Git host, GitHub, tree and key are taken from it. */
  readonly own: Readonly<Record<string, unknown>>;
  /** Addresses in the lab by addresses in the stack config. */
  readonly addresses: ReadonlyMap<string, string>;
  readonly versions: StackVersions;
  readonly talosContract: string;
}

/**
 * What the lab decides: where the repository is, who may write to it, that everything may be deleted again, and that Flux is
 * not suspended, which a new cluster cannot be.
 */
const ofTheLab = ["github", "git", "tree", "ageKeyFile", "protect", "suspend"];

/** The only disk of a lab's machine. */
const disk = "/dev/vda";

/** Everything below `config:` for the lab, and what of the stack's own could not be taken over, one text each. */
export function labStack(
  values: StackValues,
  nodes: readonly StackNode[],
  place: Place,
): { readonly config: Readonly<Record<string, unknown>>; readonly left: readonly string[] } {
  const { layout, own, addresses, versions, talosContract } = place;
  const { flux: _, ...ofStack } = versions;
  const { hostname } = new URL(values.cluster.endpoint);
  const translate = translator(
    new Map([
      ...(isIPv4(hostname) ? [[hostname, layout.endpointAddress] as const] : []),
      [values.network.nodeCidr, layout.cidr],
      // Last: the address of a single control plane may be the endpoint as well.
      ...addresses,
    ]),
  );
  const left: string[] = [];
  const take = (path: string, patches: readonly Patch[]): readonly Patch[] => {
    const taken = takePatches(path, patches, translate);
    left.push(...taken.left);
    return taken.patches;
  };
  const mapped: Record<string, unknown> = {
    ...values,
    cluster: { ...values.cluster, endpoint: `https://${layout.endpointAddress}:6443`, talosContract },
    network: { ...values.network, nodeCidr: layout.cidr },
    versions: ofStack,
    nodes: nodes.map((node) => mappedNode(node, addresses, take)),
    patches: Object.fromEntries(
      Object.entries(values.patches ?? {}).map(([kind, patches]) => [kind, take(`patches.${kind}`, patches)]),
    ),
    // A new cluster has new secrets; nobody's real ones come near a lab.
    secretsFile: undefined,
  };
  const config = Object.fromEntries(
    Object.entries(mapped)
      .filter(([key, value]) => value !== undefined && !ofTheLab.includes(key))
      .map(([key, value]) => [`home-ops:${key}`, value]),
  );
  const kept = Object.entries(own).filter(
    ([key]) => key.startsWith("pulumi:") || ofTheLab.includes(key.replace("home-ops:", "")),
  );
  return { config: { ...Object.fromEntries(kept), ...config }, left };
}

function mappedNode(
  node: StackNode,
  addresses: ReadonlyMap<string, string>,
  take: (path: string, patches: readonly Patch[]) => readonly Patch[],
): StackNode {
  const { name, address, patches } = node;
  return {
    ...node,
    address: addresses.get(address) ?? address,
    disk,
    ...(patches === undefined ? {} : { patches: [...take(`patches of ${name}`, patches)] }),
  };
}
