// Rules between networks: they must not share addresses, or packets go astray.
import { contains, overlap } from "../ip.ts";
import { problem, type Problem } from "../problem.ts";
import type { StackReading } from "../readStack.ts";

const kinds = ["nodeCidr", "podCidr", "serviceCidr"] as const;

/** All problems between the three networks and the endpoint. */
export function checkNetwork(values: StackReading["values"]): readonly Problem[] {
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
  return [...overlaps, ...endpointInside(values)];
}

/** An endpoint among the pods or services exists only once the cluster runs, which needs the endpoint. */
function endpointInside(values: StackReading["values"]): readonly Problem[] {
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
