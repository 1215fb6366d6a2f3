// Compares what Flux applies before and after a change of the tree.
import type { BuildAnswer } from "../tree/types.ts";
import { chartChanges } from "./charts.ts";
import { fateOf, specOf } from "./fate.ts";
import { lossByChange, lossOf } from "./losses.ts";
import { learnSecrets, objectDiffs } from "./objectDiffs.ts";
import { chainOf, says, sideObjects, titleOf, type Applied, type SideObjects } from "./objects.ts";
import { Masker } from "../../src/steps/mask.ts";
import type { ClusterDiff, KustomizationDiff, ObjectDiff, UnknownPart } from "./types.ts";

/** A side: its name, e.g. `main`, and what was built of it. */
export interface Side {
  readonly name: string;
  readonly answer: BuildAnswer;
}

/** What lies between two sides. */
interface Between {
  readonly before: SideObjects;
  readonly after: SideObjects;
  readonly masker: Masker;
  /** Whether both sides know what a Kustomization applies. */
  readonly isKnown: (kustomization: string) => boolean;
}

interface Change {
  readonly by: string;
  readonly diff: ObjectDiff;
  readonly loss?: string | undefined;
}

/** Compares them. Of what does not build on either side nothing is said but that. The masker learns the secrets of both. */
export function compare(from: Side, to: Side, masker: Masker = new Masker()): ClusterDiff {
  for (const { answer } of [from, to]) learnSecrets(answer, masker);
  const [before, after] = [sideObjects(from.answer), sideObjects(to.answer)];
  const isKnown = (kustomization: string): boolean =>
    // Below one that does not build it may well be there.
    [...chainOf(before, kustomization), ...chainOf(after, kustomization)].every(
      (name) => !before.unknown.has(name) && !after.unknown.has(name),
    );
  const between = { before, after, isKnown, masker };
  const ids = new Set([...before.objects.keys(), ...after.objects.keys()]);
  const changes = [...ids].flatMap((id) => changeOf(id, between));
  const kustomizations = kustomizationDiffs(changes, between);
  const charts = chartChanges(before, after, isKnown);
  return {
    from: from.name,
    to: to.name,
    outcome: kustomizations.length + charts.length === 0 ? "nothing" : "changes",
    unknown: [...unknownParts("from", before), ...unknownParts("to", after)],
    losses: changes.flatMap(({ loss }) => loss ?? []).sort(),
    charts,
    kustomizations,
  };
}

function unknownParts(side: "from" | "to", { unknown }: SideObjects): readonly UnknownPart[] {
  return [...unknown].map(([kustomization, reason]) => ({ side, kustomization, reason }));
}

function changeOf(id: string, between: Between): readonly Change[] {
  const [old, next] = [between.before.objects.get(id), between.after.objects.get(id)];
  if (![old, next].every((side) => side === undefined || between.isKnown(side.by))) return [];
  if (next === undefined) return old === undefined ? [] : [removal(old, between)];
  const diffs = objectDiffs(old?.object, next.object, between.masker);
  const common = { name: titleOf(next.object), file: next.file, diffs };
  const notApplied = says(next.object, "reconcile")
    ? { note: "is not applied by Flux; where Pulumi does it, npm run plan shows it" }
    : {};
  if (old === undefined) return [{ by: next.by, diff: { ...common, ...notApplied, state: "added" } }];
  const changed = lossByChange(old.object, next.object, isForced(next, between));
  const loss = changed === undefined ? undefined : `${common.name} ${changed}: ${lossOf(next.object) ?? ""}`;
  if (old.by !== next.by) return [moved(old, next, { diff: { ...common, state: "moved" }, loss }, between)];
  return diffs.length === 0
    ? []
    : [{ by: next.by, diff: { ...common, ...notApplied, state: "changed" }, loss }];
}

function removal(old: Applied, { before, after }: Between): Change {
  const { deleted, note } = fateOf(old, before, after);
  const name = titleOf(old.object);
  const loss = lossOf(old.object);
  return {
    by: old.by,
    diff: { name, file: old.file, note, diffs: [], state: "removed" },
    loss: deleted && loss !== undefined ? `${name} is deleted, and ${loss}` : undefined,
  };
}

/** Flux prunes what still carries the mark of the Kustomization that has lost it. */
function moved(
  old: Applied,
  next: Applied,
  { diff, loss }: Omit<Change, "by">,
  { before, after }: Between,
): Change {
  const moves = { ...diff, movedFrom: old.by };
  if (!fateOf(old, before, after).deleted) return { by: next.by, diff: moves, loss };
  const note = `is deleted and made anew if Flux comes to ${old.by} first`;
  const lost = lossOf(old.object);
  const keep = `to keep it, first commit the annotation kustomize.toolkit.fluxcd.io/prune: disabled on it, let Flux apply that, then move it`;
  return {
    by: next.by,
    diff: { ...moves, note },
    loss:
      lost === undefined
        ? loss
        : `${diff.name} moves from ${old.by} to ${next.by}: Flux may delete it before it is there anew, and ${lost}; ${keep}`,
  };
}

/** Whether what cannot be changed in place is deleted and made anew. */
function isForced({ object, by }: Applied, { after }: Between): boolean {
  const { force } = (after.kustomizations.get(by)?.object.spec ?? {}) as { readonly force?: unknown };
  return force === true || object.metadata.annotations?.["kustomize.toolkit.fluxcd.io/force"] === "enabled";
}

function kustomizationDiffs(changes: readonly Change[], between: Between): readonly KustomizationDiff[] {
  const { before, after, isKnown } = between;
  const byName = Map.groupBy(changes, ({ by }) => by);
  const names = new Set([...before.kustomizations.keys(), ...after.kustomizations.keys()]);
  return [...names].sort().flatMap((name): readonly KustomizationDiff[] => {
    const [old, next] = [before.kustomizations.get(name), after.kustomizations.get(name)];
    const built = next ?? old;
    const objects = (byName.get(name) ?? []).map(({ diff }) => diff);
    const state = next === undefined ? "removed" : old === undefined ? "added" : "changed";
    if (built === undefined || !isKnown(name) || (state === "changed" && objects.length === 0)) return [];
    const suspended = specOf(built.object).suspend === true;
    return [{ name, path: built.path, state, suspended, objects: objects.toSorted(byRank) }];
  });
}

/** HelmReleases first, the others by name. */
function byRank(one: ObjectDiff, other: ObjectDiff): number {
  const rank = ({ name }: ObjectDiff): string => `${name.startsWith("HelmRelease ") ? "0" : "1"}${name}`;
  return rank(one).localeCompare(rank(other));
}
