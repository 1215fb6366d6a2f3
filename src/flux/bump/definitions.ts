// What a Flux bump does to the API versions of Flux's objects. A version that objects are still stored in must be in the
// new definitions, or the API server refuses them ("must appear in spec.versions") and Flux stays where it is. Pure.
import type { KubeObject } from "../../steps/kubernetes.ts";

/** One custom resource definition as far as it matters here. */
export interface Definition {
  /** e.g. `helmreleases.helm.toolkit.fluxcd.io` */
  readonly name: string;
  readonly group: string;
  readonly kind: string;
  /** All its versions, e.g. `["v2", "v2beta2"]`. */
  readonly versions: readonly string[];
  /** The one that objects are written in. */
  readonly storage: string;
  /** Versions in which objects may still lie in etcd. */
  readonly stored: readonly string[];
}

/** What a definition's spec and status say of it. */
interface Crd {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly storage: boolean }[];
  };
  readonly status?: { readonly storedVersions?: readonly string[] };
}

/** The definitions among some objects. */
export function definitionsIn(objects: readonly KubeObject[]): readonly Definition[] {
  return objects.flatMap((object) => {
    if (object.kind !== "CustomResourceDefinition") return [];
    const { spec, status } = object as unknown as Crd;
    return {
      name: object.metadata?.name ?? "",
      group: spec.group,
      kind: spec.names.kind,
      versions: spec.versions.map(({ name }) => name),
      storage: spec.versions.find(({ storage }) => storage)?.name ?? "",
      stored: status?.storedVersions ?? [],
    };
  });
}

/**
 * Compares the cluster's definitions with those of a bundle. One that the bundle does not have is left to Flux' pruning.
 * @returns those whose objects must be stored anew, in a version that the new ones have too; and, one text each, where objects
 *   are stored in a version from which there is no way to the new definitions
 */
export function compareStorage(
  live: readonly Definition[],
  bundle: readonly Definition[],
): { readonly migrate: readonly Definition[]; readonly refused: readonly string[] } {
  const migrate: Definition[] = [];
  const refused: string[] = [];
  for (const definition of live) {
    const { name, group, kind, storage, stored } = definition;
    const next = bundle.find((candidate) => candidate.name === name)?.versions;
    const lost = stored.filter((version) => next?.includes(version) === false);
    if (next === undefined || lost.length === 0) continue;
    const is = `${kind}s are stored as ${group}/${lost.join(", ")}`;
    if (next.includes(storage)) migrate.push(definition);
    else refused.push(`${is}, and the new definition has ${next.join(", ")} only`);
  }
  return { migrate, refused };
}
