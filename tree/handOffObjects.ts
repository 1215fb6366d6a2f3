// Where the four objects of the hand-off stand in a tree.
import type { HandOffObjects } from "./checkHandOff.ts";
import type { FileObject } from "./model/objects.ts";
import type { TreeModel } from "./model/treeModel.ts";

/** The files in which they stand. */
export const handOffFiles = { flux: "flux/config/flux.yaml", cluster: "flux/config/cluster.yaml" } as const;

/** The four of them, all in namespace flux-system: Pulumi is their only writer. */
const handOffPlaces = {
  ociRepository: { file: handOffFiles.flux, kind: "OCIRepository", name: "flux-manifests" },
  fluxKustomization: { file: handOffFiles.flux, kind: "Kustomization", name: "flux" },
  gitRepository: { file: handOffFiles.cluster, kind: "GitRepository", name: "home-cluster" },
  clusterKustomization: { file: handOffFiles.cluster, kind: "Kustomization", name: "cluster" },
} as const;

/** Those that are there, and for each that is not, what is there instead. */
export interface FoundHandOff {
  readonly objects: Partial<HandOffObjects>;
  readonly missing: readonly { readonly file: string; readonly reason: string }[];
}

/** Looks for all four, on the disk: Flux may leave them out of what it fetches, since Pulumi is their writer. */
export function findHandOff({ onDisk: { kustomize, files } }: TreeModel): FoundHandOff {
  const found = Object.entries(handOffPlaces).map(([key, { file, kind, name }]) => {
    const there = kustomize.objects(file);
    const object = there.find(({ data }) => data.kind === kind && data.metadata.name === name);
    const names = there.map(({ data }) => `${data.kind} ${data.metadata.name}`).join(", ");
    const reason =
      files.kindOf(file) === "file"
        ? `has no ${kind} named ${name}; it has ${names === "" ? "no objects" : names}`
        : `is missing in ${files.root}`;
    return { key, object, file, reason };
  });
  return {
    objects: Object.fromEntries(
      found.flatMap(({ key, object }): [string, FileObject][] =>
        object === undefined ? [] : [[key, object]],
      ),
    ),
    missing: found.flatMap(({ object, file, reason }) => (object === undefined ? [{ file, reason }] : [])),
  };
}
