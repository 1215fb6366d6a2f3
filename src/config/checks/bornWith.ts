// What a cluster keeps for its whole life: Kubernetes and Talos take another value without a word, and the parts that
// have the old one no longer find each other.
import type { BornWith } from "../livingCluster.ts";
import { problem, type Problem } from "../problem.ts";
import type { Values } from "../readStack.ts";

/** What is asked for that is not what the living cluster has. Nothing is, before there is one. */
export function checkBornWith(
  bornWith: BornWith | undefined,
  { cluster, network }: Values,
): readonly Problem[] {
  const facts: readonly (readonly [path: string, born: string | undefined, asked: string | undefined])[] = [
    ["cluster.name", bornWith?.clusterName, cluster?.name],
    ["network.podCidr", bornWith?.podCidr, network?.podCidr],
    ["network.serviceCidr", bornWith?.serviceCidr, network?.serviceCidr],
  ];
  return facts.flatMap(([path, born, asked]) =>
    born === undefined || asked === undefined || born === asked
      ? []
      : [
          problem(
            path,
            `${asked} is not what the cluster was made with, ${born}`,
            `write ${born} for as long as this cluster lives; another one is another cluster: pulumi destroy, then pulumi up`,
          ),
        ],
  );
}
