// The objects of Flux that the steps ask for.
import type { Kubernetes, KubeObject } from "../steps/kubernetes.ts";
import type { Observation } from "../steps/wait.ts";
import { readiness } from "./ready.ts";

/**
 * The four objects of the hand-off with their API versions, all in namespace flux-system. Steps load this file, and the whole
 * tree room with the names would be slow.
 */
export const handOff = {
  "OCIRepository flux-manifests": "source.toolkit.fluxcd.io/v1",
  "Kustomization flux": "kustomize.toolkit.fluxcd.io/v1",
  "GitRepository home-cluster": "source.toolkit.fluxcd.io/v1",
  "Kustomization cluster": "kustomize.toolkit.fluxcd.io/v1",
} as const;

/** One of them, as people are told of it. */
export type HandOffName = keyof typeof handOff;

/** Reads an object of the hand-off; undefined when it is not there. */
export async function readHandOff(
  kubernetes: Kubernetes,
  object: HandOffName,
): Promise<KubeObject | undefined> {
  const [kind = "", name = ""] = object.split(" ");
  return kubernetes.read(handOff[object], kind, name, "flux-system");
}

/** A look at an object of the hand-off, for a wait: done with its revision. @param isDue whether that is the one */
export function isAt(
  kubernetes: Kubernetes,
  isDue: (revision: string, spec: KubeObject["spec"]) => boolean,
): (object: HandOffName) => Promise<Observation<string>> {
  return async (name) => {
    const found = await readHandOff(kubernetes, name);
    return readiness(found, { name, revision: (revision) => isDue(revision, found?.spec) });
  };
}

/** The kinds that bring something into the cluster. Sources below them only fetch. */
export const appliers = [
  { apiVersion: "kustomize.toolkit.fluxcd.io/v1", kind: "Kustomization" },
  { apiVersion: "helm.toolkit.fluxcd.io/v2", kind: "HelmRelease" },
] as const;

/** All Kustomizations and HelmReleases. */
export async function listAppliers(kubernetes: Kubernetes): Promise<readonly KubeObject[]> {
  const lists = await Promise.all(appliers.map(({ apiVersion, kind }) => kubernetes.list(apiVersion, kind)));
  return lists.flat();
}
