// Whether everything that came of the tree is Ready, and at the commit that the root has applied. Pure.
import type { KubeObject } from "../steps/kubernetes.ts";
import { done, notYet, type Observation } from "../steps/wait.ts";
import { readiness, revisionOf } from "./ready.ts";
import { isSuspended, nameOf } from "./suspension.ts";

/**
 * What is missing among all Kustomizations and HelmReleases, or how many there are. What somebody has suspended does not
 * count. A Kustomization of the tree must have applied what the root has: a Ready of the commit before says nothing.
 */
export function treeReadiness(objects: readonly KubeObject[]): Observation<number> {
  const root = objects.find((object) => nameOf(object) === "Kustomization flux-system/cluster");
  const current = root === undefined ? "" : revisionOf(root);
  const waiting = objects.flatMap((object) => {
    if (isSuspended(object)) return [];
    const revision = isOfTheTree(object) ? (found: string): boolean => found === current : undefined;
    const seen = readiness(object, { name: nameOf(object), ...(revision === undefined ? {} : { revision }) });
    return seen.done ? [] : [seen.missing];
  });
  if (waiting.length === 0) return done(objects.length);
  return notYet(
    `${String(objects.length - waiting.length)} of ${String(objects.length)} Ready; ${waiting[0] ?? ""}`,
  );
}

/** Whether a Kustomization applies a part of the tree, and not something of another source. */
export function isOfTheTree({ kind, metadata, spec }: KubeObject): boolean {
  const source = spec?.["sourceRef"] as
    { readonly kind?: string; readonly name?: string; readonly namespace?: string } | undefined;
  return (
    kind === "Kustomization" &&
    source?.kind === "GitRepository" &&
    source.name === "home-cluster" &&
    (source.namespace ?? metadata?.namespace) === "flux-system"
  );
}
