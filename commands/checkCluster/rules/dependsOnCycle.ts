import { dependencies, nodesOf, type Node } from "../dependencies.ts";
import { finding, type Rule } from "../rule.ts";

/**
 * Nothing waits for itself, around however many corners: none of them would ever start.
 * Source: kustomize-controller v1.9 docs/spec/v1/kustomizations.md, "circular dependencies".
 */
export const dependsOnCycle: Rule = {
  name: "depends-on-cycle",
  what: "no dependsOn leads back to where it began",
  check: ({ model }) =>
    cyclesIn(nodesOf(model)).map((cycle) => {
      const [first, second = first] = cycle;
      const index = dependencies(first).find((to) => isMeant(to, second))?.index ?? 0;
      return finding(
        first.source,
        ["spec", "dependsOn", index],
        `${first.kind} ${first.name} waits for itself: ${[...cycle, first].map(({ name }) => name).join(" → ")}`,
        "take one of these dependsOn out",
      );
    }),
};

type Cycle = readonly [Node, ...Node[]];

/** Each cycle once, from the node that comes first in the tree. */
function cyclesIn(nodes: readonly Node[]): readonly Cycle[] {
  const cycles = new Map<string, Cycle>();
  const done = new Set<Node>();
  const walk = (node: Node, path: readonly Node[]): void => {
    const at = path.indexOf(node);
    if (at >= 0) {
      const cycle = path.slice(at);
      const key = cycle
        .map(({ key: name }) => name)
        .sort()
        .join(" ");
      if (!cycles.has(key)) cycles.set(key, [node, ...cycle.slice(1)]);
      return;
    }
    if (done.has(node)) return;
    for (const to of dependencies(node)) {
      const next = nodes.find((other) => other.kind === node.kind && isMeant(to, other));
      if (next !== undefined) walk(next, [...path, node]);
    }
    done.add(node);
  };
  for (const node of nodes) walk(node, []);
  return [...cycles.values()];
}

function isMeant(to: { name: string; namespace: string | undefined }, { name, namespace }: Node): boolean {
  return (
    name === to.name && (namespace === undefined || to.namespace === undefined || namespace === to.namespace)
  );
}
