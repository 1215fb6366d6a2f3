// What has become of each Kustomization and HelmRelease since the commit was asked for. Pure.
import { parentOf } from "../../src/flux/suspension.ts";
import { conditionOf, type KubeObject } from "../../src/steps/kubernetes.ts";
import { missingOf } from "../flux/causes.ts";
import type { Health } from "../flux/health.ts";
import { isHandled } from "../../src/flux/request.ts";

/** `pending` may still become any of the others. */
export type Verdict = "done" | "failed" | "blocked" | "suspended" | "pending";

/** What there was when the commit was there and nothing had been asked of the Kustomizations yet. */
export interface Before {
  /** {@link lookOf} by name. */
  readonly looks: ReadonlyMap<string, string>;
  /** The value of this run's request. */
  readonly id: string;
}

/** Changes with every look of a controller that does not succeed. */
export function lookOf(object: KubeObject): string {
  const ready = conditionOf(object, "Ready") as { readonly lastTransitionTime?: unknown } | undefined;
  return JSON.stringify(ready?.lastTransitionTime ?? "");
}

/** Whether something is a Kustomization or a HelmRelease: sources only explain what becomes of those. */
export function isJudged({ object: { kind } }: Health): boolean {
  return kind === "Kustomization" || kind === "HelmRelease";
}

/** The verdict on everything, by name. */
export function verdictsOf(all: readonly Health[], before: Before): ReadonlyMap<string, Verdict> {
  const byName = new Map(all.map((health) => [health.name, health]));
  const known = new Map<string, Verdict>();
  const judge = (health: Health): Verdict => {
    const found = known.get(health.name);
    if (found !== undefined) return found;
    // Whoever depends on itself waits for ever.
    known.set(health.name, "pending");
    const verdict = judgeAnew(health);
    known.set(health.name, verdict);
    return verdict;
  };
  const judgeName = (name: string): Verdict | undefined => {
    const found = byName.get(name);
    return found === undefined ? undefined : judge(found);
  };
  // The parent may still apply it anew. One that only waits for health has done so, and may wait for this very object.
  const isAboutToChange = (parent: Health | undefined): boolean =>
    parent !== undefined && !parent.hasApplied && judge(parent) === "pending";
  const judgeAnew = (health: Health): Verdict => {
    const { object, state } = health;
    if (state === "suspended") return "suspended";
    if (isAboutToChange(byName.get(parentOf(object) ?? ""))) return "pending";
    if (state === "ready") return "done";
    if (state === "failing") return isFresh(health, before) ? "failed" : "pending";
    if (missingOf(health, all).length > 0) return "failed";
    const upstream = health.waitsFor.map(judgeName);
    const isHeldUp = upstream.some(
      (other) => other === "failed" || other === "blocked" || other === "suspended",
    );
    return isHeldUp ? "blocked" : "pending";
  };
  for (const health of all) judge(health);
  return known;
}

/** A failure from before says nothing: those that failed then were asked to look again. */
function isFresh({ object, name }: Health, { looks, id }: Before): boolean {
  if (object.kind !== "Kustomization") return true;
  return isHandled(object, id) || looks.get(name) !== lookOf(object);
}
