// What suspending everything means: which objects, in which order, and how those that a person had suspended before are
// told apart from the others. Pure.
import { conditionOf, type KubeObject } from "../steps/kubernetes.ts";
import { handOff } from "./objects.ts";

/**
 * Annotation of what the config key `suspend` has suspended. Flux's own applies leave it alone, and spec.suspend too, because
 * its manifests say nothing of them and the fields belong to the manager `home-ops` (Flux takes over those of kubectl only).
 */
export const suspendedByConfig = "home-ops.dev/suspended-for-maintenance";

/** Whether an object is one of the hand-off. */
export function isHandOff({ kind, metadata }: KubeObject): boolean {
  return metadata?.namespace === "flux-system" && `${kind ?? ""} ${metadata.name ?? ""}` in handOff;
}

/** Whether Flux leaves it alone. */
export function isSuspended({ spec }: KubeObject): boolean {
  return spec?.["suspend"] === true;
}

/** Whether the config key has suspended it. */
export function isSuspendedByConfig({ metadata }: KubeObject): boolean {
  return metadata?.annotations?.[suspendedByConfig] !== undefined;
}

/** What is not suspended yet, parents first: a parent that still works could take a child's suspension back. */
export function toSuspend(objects: readonly KubeObject[]): readonly KubeObject[] {
  return parentsFirst(objects.filter((object) => !isHandOff(object) && !isSuspended(object)));
}

/**
 * What the config key has suspended, children first. A parent that works prunes the children that are gone from Git, and of
 * one that is suspended at that moment everything it has applied is left behind for ever: its finalizer only lets go
 * (fluxcd/kustomize-controller v1.9 finalize, helm-controller v1.6 reconcileDelete).
 */
export function toResume(objects: readonly KubeObject[]): readonly KubeObject[] {
  const ours = parentsFirst(objects).filter((object) => !isHandOff(object) && isSuspendedByConfig(object));
  return ours.toReversed();
}

/** What a person has suspended, by name. */
export function suspendedByPeople(objects: readonly KubeObject[]): readonly string[] {
  return objects
    .filter((object) => isSuspended(object) && !isSuspendedByConfig(object) && !isHandOff(object))
    .map(nameOf);
}

/** Objects that their controller is working on right now, by name: it ends what it has begun, suspended or not. */
export function atWork(objects: readonly KubeObject[]): readonly string[] {
  return objects.filter(isReconciling).map(nameOf);
}

/** Whether its controller is at it, and not only waiting for the next try. */
export function isReconciling(object: KubeObject): boolean {
  const reconciling = conditionOf(object, "Reconciling");
  return reconciling?.status === "True" && reconciling.reason === "Progressing";
}

/** e.g. `Kustomization flux-system/podinfo` */
export function nameOf({ kind, metadata }: KubeObject): string {
  return `${kind ?? ""} ${metadata?.namespace ?? ""}/${metadata?.name ?? ""}`;
}

/** The Kustomization that applies an object, by name; undefined for what nobody applies. */
export function parentOf({ metadata }: KubeObject): string | undefined {
  const name = metadata?.labels?.["kustomize.toolkit.fluxcd.io/name"];
  const namespace = metadata?.labels?.["kustomize.toolkit.fluxcd.io/namespace"];
  return name === undefined || namespace === undefined ? undefined : `Kustomization ${namespace}/${name}`;
}

/** Those nearest to a root first. */
function parentsFirst(objects: readonly KubeObject[]): readonly KubeObject[] {
  const byName = new Map(objects.map((object) => [nameOf(object), object]));
  const depth = (object: KubeObject, seen: readonly string[] = []): number => {
    const parent = parentOf(object) ?? "";
    const next = byName.get(parent);
    return next === undefined || seen.includes(parent) ? 0 : 1 + depth(next, [...seen, parent]);
  };
  return [...Map.groupBy(objects, (object) => depth(object))]
    .sort(([one], [other]) => one - other)
    .flatMap(([, level]) => level);
}
