// Rules between networks: they must not share addresses, or packets go astray.
import { contains, overlap, prefixLength, reservedAddress } from "../ip.ts";
import { problem, type Problem } from "../problem.ts";
import type { Values } from "../readStack.ts";

const kinds = ["nodeCidr", "podCidr", "serviceCidr"] as const;

/** All problems between the three networks and the endpoint. */
export function checkNetwork(values: Values): readonly Problem[] {
  const network = values.network ?? {};
  const overlaps = kinds.flatMap((kind, index) =>
    kinds.slice(0, index).flatMap((other) => {
      const [one, two] = [network[kind], network[other]];
      if (one === undefined || two === undefined || !overlap(one, two)) return [];
      return [
        problem(
          `network.${kind}`,
          `${one} overlaps network.${other} ${two}`,
          "choose networks without a common address",
        ),
      ];
    }),
  );
  return [
    ...overlaps,
    ...endpointInside(values),
    ...endpointReserved(values),
    ...serviceSize(values.network?.serviceCidr),
  ];
}

/** Nobody answers at the first and the last address of a network. */
function endpointReserved({ cluster, network }: Values): readonly Problem[] {
  if (cluster?.endpoint === undefined || network?.nodeCidr === undefined) return [];
  const { hostname } = new URL(cluster.endpoint);
  const reserved = reservedAddress(network.nodeCidr, hostname);
  if (reserved === undefined) return [];
  return [
    problem(
      "cluster.endpoint",
      `${hostname} is ${reserved} of network.nodeCidr ${network.nodeCidr}, at which nobody answers`,
      "write a virtual address, or that of the only control plane",
    ),
  ];
}

/**
 * The tenth address is the cluster's DNS, and the API server takes no network of more than 20 bits. Source: Talos'
 * pkg/machinery/config, DNSServiceIPs; kubernetes cmd/kube-apiserver/app/options/validation.go.
 */
function serviceSize(serviceCidr: string | undefined): readonly Problem[] {
  const length = serviceCidr === undefined ? undefined : prefixLength(serviceCidr);
  if (serviceCidr === undefined || length === undefined || (length >= 12 && length <= 28)) return [];
  const [found, todo] =
    length < 12
      ? ["is larger than a /12, the largest that the API server takes", "write a /12 to /16"]
      : ["is too small: the tenth address of it is the cluster's DNS", "write a /12 to /24"];
  return [problem("network.serviceCidr", `${serviceCidr} ${found}`, `${todo}, e.g. 10.96.0.0/12`)];
}

/** An endpoint among the pods or services exists only once the cluster runs, which needs the endpoint. */
function endpointInside(values: Values): readonly Problem[] {
  const endpoint = values.cluster?.endpoint;
  if (endpoint === undefined) return [];
  const { hostname } = new URL(endpoint);
  return (["podCidr", "serviceCidr"] as const).flatMap((kind) => {
    const cidr = values.network?.[kind];
    if (cidr === undefined || !contains(cidr, hostname)) return [];
    return [
      problem(
        "cluster.endpoint",
        `${hostname} is inside network.${kind} ${cidr}`,
        "write an address of the machines' network",
      ),
    ];
  });
}
