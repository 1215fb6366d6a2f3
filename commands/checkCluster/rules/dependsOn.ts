// Who waits for whom: the dependsOn of Kustomizations and HelmReleases.
import {
  fieldsOf,
  listOf,
  textOf,
  type Fields,
  type Finding,
  type Origin,
  type TreeModel,
} from "../../../tree/index.ts";
import { finding, listText, suggestion, type Rule } from "../rule.ts";
import { isUnknown } from "../sources.ts";

/** A Kustomization or a HelmRelease. */
interface Node {
  readonly kind: "Kustomization" | "HelmRelease";
  readonly name: string;
  /** undefined: nothing applies it, so nobody knows. */
  readonly namespace: string | undefined;
  readonly spec: Fields;
  readonly source: Origin;
  /** Whether Flux applies it; not, where the kustomization.yaml beside it does not list it. */
  readonly isApplied: boolean;
}

/** What something waits for. */
interface Dependency {
  readonly index: number;
  readonly name: string;
  readonly namespace: string | undefined;
}

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

/** Everything that may wait or be waited for. */
function nodesOf({ kustomizations, leftOut, placed }: TreeModel): readonly Node[] {
  const releases = placed.filter(
    ({ data }) => data.kind === "HelmRelease" && data.apiVersion.startsWith("helm.toolkit.fluxcd.io/"),
  );
  return [
    ...[...kustomizations, ...leftOut].map((each) => ({
      ...each,
      kind: "Kustomization" as const,
      source: each.object.source,
      isApplied: !leftOut.includes(each),
    })),
    ...releases.map((each) => ({
      ...each,
      kind: "HelmRelease" as const,
      spec: each.data.spec ?? {},
      isApplied: each.owner !== undefined,
    })),
  ];
}

/** What it waits for; names with variables whose values are unknown are left out. */
function dependencies({ spec, namespace: own }: Node): readonly Dependency[] {
  return listOf(spec["dependsOn"]).flatMap((entry, index) => {
    const name = textOf(fieldsOf(entry)["name"]);
    const namespace = textOf(fieldsOf(entry)["namespace"]) ?? own;
    if (name === undefined || isUnknown(name) || isUnknown(namespace ?? "")) return [];
    return [{ index, name, namespace }];
  });
}

function isMeant(to: Dependency, { name, namespace }: Node): boolean {
  return (
    name === to.name && (namespace === undefined || to.namespace === undefined || namespace === to.namespace)
  );
}

function problem(from: Node, to: Dependency, nodes: readonly Node[]): Finding | undefined {
  const at = (what: string, fix: string): Finding => {
    const who = `${from.kind} ${from.name} depends on ${from.kind} ${to.namespace ?? "(any)"}/${to.name}`;
    return finding(from.source, ["spec", "dependsOn", to.index, "name"], who + what, fix);
  };
  const sameKind = nodes.filter(({ kind }) => kind === from.kind);
  const meant = sameKind.find((node) => isMeant(to, node));
  if (meant !== undefined)
    return meant.isApplied || !from.isApplied
      ? undefined
      : at(
          ", which no kustomization.yaml lists, so that it never comes",
          "take it out here as well, or list it there",
        );
  const namesakes = nodes.filter(({ name }) => name === to.name);
  const spaces = namesakes.flatMap(({ kind, namespace = "" }) => (kind === from.kind ? [namespace] : []));
  if (spaces[0] !== undefined)
    return at(
      `, but ${to.name} is in ${listText([...new Set(spaces)])}`,
      `write namespace: ${spaces[0]} beside it`,
    );
  if (namesakes[0] !== undefined)
    return at(
      `, but ${to.name} is a ${namesakes[0].kind}; expected a ${from.kind}`,
      `depend on the ${from.kind} that applies it`,
    );
  const names = sameKind.map(({ name }) => name);
  return at(`, which is not in the tree${suggestion(to.name, names)}`, "correct the name, or take it out");
}

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
        .map((each) => String(nodes.indexOf(each)))
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
