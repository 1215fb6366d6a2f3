// What Flux does with an object that is in Git no more. Source: fluxcd/kustomize-controller v1.9 docs/spec/v1, prune and
// deletionPolicy, and its finalizer.
import type { BuiltKustomization } from "../tree/types.ts";
import type { TreeObject } from "../../tree/index.ts";
import { chainOf, keyOf, says, type Applied, type SideObjects } from "./objects.ts";

/** What happens. */
interface Fate {
  readonly deleted: boolean;
  readonly note: string;
}

const stays = (because: string): Fate => ({ deleted: false, note: `stays in the cluster: ${because}` });
const isDeleted: Fate = { deleted: true, note: "is deleted from the cluster" };

/** @param applied an object of the side before that the side after does not have */
export function fateOf(applied: Applied, before: SideObjects, after: SideObjects): Fate {
  if (says(applied.object, "reconcile")) return stays("Flux does not touch it");
  if (says(applied.object, "prune")) return stays("it says kustomize.toolkit.fluxcd.io/prune: disabled");
  const kustomization = after.kustomizations.get(applied.by);
  if (kustomization !== undefined) return fateByPrune(kustomization);
  const gone = before.kustomizations.get(applied.by);
  return gone === undefined ? stays("nobody knows its Kustomization") : fateByDeletion(gone, before, after);
}

/** Of an object that its Kustomization does not have any more. */
function fateByPrune(kustomization: BuiltKustomization): Fate {
  const { prune, suspend } = specOf(kustomization.object);
  if (prune !== true) return stays(`Kustomization ${keyOf(kustomization)} does not prune`);
  if (suspend === true) return stays(`Kustomization ${keyOf(kustomization)} is suspended`);
  return isDeleted;
}

/** Of an object whose Kustomization is gone. One that applies itself is deleted by nobody. */
function fateByDeletion(gone: BuiltKustomization, before: SideObjects, after: SideObjects): Fate {
  const name = `Kustomization ${keyOf(gone)}`;
  const own = [...before.objects.values()].find(({ object }) => isSame(object, gone));
  // Brought by itself, or by one below it: a circle that nothing outside takes away.
  const isCircle = own !== undefined && chainOf(before, own.by).includes(keyOf(gone));
  const ownFate = own === undefined || isCircle ? undefined : fateOf(own, before, after);
  if (ownFate?.deleted !== true) return stays(`${name} itself stays`);
  const { prune, suspend, deletionPolicy = "MirrorPrune" } = specOf(gone.object);
  if (suspend === true) return stays(`${name} is suspended when it is deleted`);
  if (deletionPolicy === "Orphan") return stays(`${name} leaves everything behind (deletionPolicy: Orphan)`);
  if (deletionPolicy === "MirrorPrune" && prune !== true) return stays(`${name} does not prune`);
  return isDeleted;
}

function isSame({ kind, apiVersion, metadata }: TreeObject, kustomization: BuiltKustomization): boolean {
  return (
    kind === "Kustomization" &&
    apiVersion.startsWith("kustomize.toolkit.") &&
    `${metadata.namespace ?? ""}/${metadata.name}` === keyOf(kustomization)
  );
}

/** The fields of a Flux Kustomization that decide. */
export function specOf(object: TreeObject): {
  readonly prune?: unknown;
  readonly suspend?: unknown;
  readonly deletionPolicy?: unknown;
} {
  return object["spec"] ?? {};
}
