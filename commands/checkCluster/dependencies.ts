// Who waits for whom: the dependsOn of Kustomizations and HelmReleases.
import { fieldsOf, listOf, textOf, type Fields, type Origin, type TreeModel } from "../../tree/index.ts";
import { isUnknown } from "./sources.ts";

/** A Kustomization or a HelmRelease. */
export interface Node {
  readonly kind: "Kustomization" | "HelmRelease";
  readonly name: string;
  /** undefined: nothing applies it, so nobody knows. */
  readonly namespace: string | undefined;
  readonly key: string;
  readonly spec: Fields;
  readonly source: Origin;
  /** Whether Flux applies it; not, where the kustomization.yaml beside it does not list it. */
  readonly isApplied: boolean;
}

/** That something waits for something. */
export interface Dependency {
  readonly index: number;
  readonly name: string;
  readonly namespace: string | undefined;
}

/** Everything that may wait or be waited for. */
export function nodesOf({ kustomizations, leftOut, placed }: TreeModel): readonly Node[] {
  const releases = placed.filter(
    ({ data }) => data.kind === "HelmRelease" && data.apiVersion.startsWith("helm.toolkit.fluxcd.io/"),
  );
  const all: readonly Omit<Node, "key">[] = [
    ...[...kustomizations, ...leftOut].map((each) => ({
      kind: "Kustomization" as const,
      name: each.name,
      namespace: each.namespace,
      spec: each.spec,
      source: each.object.source,
      isApplied: !leftOut.includes(each),
    })),
    ...releases.map(({ data, name, namespace, source, owner }) => ({
      kind: "HelmRelease" as const,
      name,
      namespace,
      spec: data.spec ?? {},
      source,
      isApplied: owner !== undefined,
    })),
  ];
  return all.map((node) => ({ ...node, key: `${node.kind} ${node.namespace ?? ""}/${node.name}` }));
}

/** What it waits for; names with variables whose values are unknown are left out. */
export function dependencies({ spec, namespace }: Node): readonly Dependency[] {
  return listOf(spec["dependsOn"]).flatMap((entry, index) => {
    const name = textOf(fieldsOf(entry)["name"]);
    const space = textOf(fieldsOf(entry)["namespace"]) ?? namespace;
    return name === undefined || isUnknown(name) || isUnknown(space ?? "")
      ? []
      : [{ index, name, namespace: space }];
  });
}
