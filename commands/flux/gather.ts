// All objects of Flux that others come from, as they are now.
import type { Kubernetes, KubeObject } from "../../src/steps/kubernetes.ts";
import { fluxKinds } from "./kinds.ts";

/** Sources first, then what is made of them. */
const kinds = [
  "GitRepository",
  "OCIRepository",
  "Bucket",
  "HelmRepository",
  "HelmChart",
  "Kustomization",
  "HelmRelease",
];

/** Lists them. @throws Error when the API server does not answer */
export async function gatherFlux(kubernetes: Kubernetes): Promise<readonly KubeObject[]> {
  const lists = await Promise.all(
    kinds.map(async (kind) => {
      const apiVersion = fluxKinds.find((known) => known.kind === kind)?.apiVersion ?? "";
      return kubernetes.list(apiVersion, kind);
    }),
  );
  return lists.flat();
}
