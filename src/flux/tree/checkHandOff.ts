// What the four objects of the hand-off must say, or Pulumi and Flux would fight over them, or a mistake in the tree
// would take the cluster with it.
import type { Tree } from "./readTree.ts";
import type { TreeObject } from "./yamlFiles.ts";

const reconcile = "kustomize.toolkit.fluxcd.io/reconcile";

/** Problems, one text each. */
export function checkHandOff(
  tree: Pick<Tree, "ociRepository" | "fluxKustomization" | "gitRepository" | "clusterKustomization">,
  fluxVersion: string,
  files: { readonly flux: string; readonly cluster: string },
): readonly string[] {
  const { ociRepository, fluxKustomization, gitRepository, clusterKustomization } = tree;
  const inFlux = [ociRepository, fluxKustomization].map((object) => [files.flux, object] as const);
  const inCluster = [gitRepository, clusterKustomization].map((object) => [files.cluster, object] as const);
  return [
    ...[...inFlux, ...inCluster].flatMap(([file, object]) => commonProblems(file, object)),
    ...[inFlux[1], inCluster[1]].flatMap((found) =>
      found === undefined ? [] : kustomizationProblems(...found),
    ),
    ...(/^v\d+\.\d+\.\d+$/.test(fluxVersion)
      ? []
      : [
          `${files.flux}: OCIRepository flux-manifests pins ${fluxVersion === "" ? "no tag" : `"${fluxVersion}"`}; expected` +
            ` spec.ref.tag such as v2.9.4, so that a preview shows which Flux comes`,
        ]),
    // Its own CRDs' descriptions hold texts such as ${var}, which strict substitution takes for mistakes.
    ...(fluxKustomization.spec?.["postBuild"] === undefined
      ? []
      : [
          `${files.flux}: Kustomization flux has postBuild; remove it, substitution breaks Flux's own manifests`,
        ]),
  ];
}

function commonProblems(file: string, object: TreeObject): readonly string[] {
  const what = `${file}: ${object.kind} ${object.metadata.name}`;
  return [
    ...(object.metadata.annotations?.[reconcile] === "disabled"
      ? []
      : [`${what} lacks the annotation ${reconcile}: disabled; without it Flux and Pulumi both write it`]),
    ...(object.metadata.namespace === "flux-system"
      ? []
      : [`${what} is in namespace ${object.metadata.namespace ?? "(none)"}; expected flux-system`]),
  ];
}

function kustomizationProblems(file: string, { metadata, spec }: TreeObject): readonly string[] {
  const what = `${file}: Kustomization ${metadata.name}`;
  return [
    ...(spec?.["deletionPolicy"] === "Orphan"
      ? []
      : [`${what} lacks deletionPolicy: Orphan; deleting it would delete everything that it applied`]),
    ...["retryInterval", "timeout"]
      .filter((key) => spec?.[key] === undefined)
      .map((key) => `${what} lacks ${key}; without it a failed build is tried again only after its interval`),
  ];
}
