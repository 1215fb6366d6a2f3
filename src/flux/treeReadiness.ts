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
    const revision = (found: string): boolean => !isOfTheTree(object) || found === current;
    const seen = readiness(object, { name: nameOf(object), revision });
    return seen.done || isSuspended(object) ? [] : [seen.missing];
  });
  if (waiting[0] === undefined) return done(objects.length);
  return notYet(`${objects.length - waiting.length} of ${objects.length} Ready; ${waiting[0]}`);
}

/** Whether a Kustomization applies a part of the tree, and not something of another source. */
export function isOfTheTree({ kind, metadata, spec }: KubeObject): boolean {
  type Source = { readonly kind?: string; readonly name?: string; readonly namespace?: string } | undefined;
  const source = spec?.["sourceRef"] as Source;
  if (kind !== "Kustomization" || source?.kind !== "GitRepository") return false;
  return source.name === "home-cluster" && (source.namespace ?? metadata?.namespace) === "flux-system";
}
