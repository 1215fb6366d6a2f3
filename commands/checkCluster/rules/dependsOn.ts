import type { Finding } from "../../../tree/index.ts";
import { dependencies, nodesOf, type Dependency, type Node } from "../dependencies.ts";
import { finding, listText, suggestion, type Rule } from "../rule.ts";

/**
 * What a Kustomization or a HelmRelease waits for is there: the same kind, in the namespace that is meant, which is its own
 * where the reference names none; and it is applied at all.
 * Source: api/v1 of kustomize-controller and api/v2 of helm-controller, `dependsOn`.
 */
export const dependsOn: Rule = {
  name: "depends-on",
  what: "every dependsOn means an object of the same kind that is there, in the right namespace",
  check: ({ model }) => {
    const nodes = nodesOf(model);
    return nodes.flatMap((from) => dependencies(from).flatMap((to) => problem(from, to, nodes) ?? []));
  },
};

function problem(from: Node, to: Dependency, nodes: readonly Node[]): Finding | undefined {
  const same = nodes.filter(({ kind, name }) => kind === from.kind && name === to.name);
  const meant = same.find(
    ({ namespace }) => namespace === undefined || to.namespace === undefined || namespace === to.namespace,
  );
  const wanted = `${from.kind} ${to.namespace ?? "(any)"}/${to.name}`;
  const who = `${from.kind} ${from.name} depends on ${wanted}`;
  const spaces = [...new Set(same.map(({ namespace }) => namespace ?? ""))];
  const field = ["spec", "dependsOn", to.index, "name"];
  if (meant !== undefined)
    return meant.isApplied || !from.isApplied
      ? undefined
      : finding(
          from.source,
          field,
          `${who}, which no kustomization.yaml lists, so that it never comes`,
          "take it out here as well, or list it there",
        );
  if (spaces[0] !== undefined)
    return finding(
      from.source,
      field,
      `${who}, but ${to.name} is in ${listText(spaces)}`,
      `write namespace: ${spaces[0]} beside it`,
    );
  const others = nodes.filter(({ name }) => name === to.name);
  if (others[0] !== undefined)
    return finding(
      from.source,
      field,
      `${who}, but ${to.name} is a ${others[0].kind}; expected a ${from.kind}`,
      `depend on the ${from.kind} that applies it`,
    );
  const names = nodes.flatMap(({ kind, name }) => (kind === from.kind ? [name] : []));
  return finding(
    from.source,
    field,
    `${who}, which is not in the tree${suggestion(to.name, names)}`,
    "correct the name, or take it out",
  );
}
