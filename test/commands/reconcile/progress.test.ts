import { describe, expect, it } from "@jest/globals";
import { healthOf } from "../../../commands/flux/health.ts";
import { Progress } from "../../../commands/reconcile/progress.ts";
import { lookOf, verdictsOf, type Before } from "../../../commands/reconcile/verdicts.ts";
import type { KubeObject } from "../../../src/steps/kubernetes.ts";
import {
  before,
  broken,
  commit,
  dependsOn,
  fluxObject,
  kustomization,
  repository,
  waiting,
} from "../flux/objects.ts";

/** The lines of a run that sees these objects one after the other. */
function linesOf(...looks: readonly (readonly KubeObject[])[]): readonly string[] {
  const lines: string[] = [];
  const progress = new Progress(
    (line) => lines.push(line),
    (_, text) => text,
  );
  const [first = []] = looks;
  const then: Before = {
    id: "now",
    looks: new Map(healthOf(first).map(({ name, object }) => [name, lookOf(object)])),
  };
  for (const objects of looks) {
    const all = healthOf([repository, ...objects]);
    progress.show(all, verdictsOf(all, then), then);
  }
  return lines;
}

describe("progress", () => {
  const late = kustomization("late", {}, { applied: before });

  it("is one line for all that is there, and one for each that comes, once", () => {
    const there = kustomization("there");
    const now = kustomization("late");
    expect(linesOf([there, late], [there, late], [there, now], [there, now])).toStrictEqual([
      "1 of 2 are there already",
      "✓ Kustomization flux-system/late main@sha1:bbbbbbbbbbbb",
    ]);
  });

  it("has the reason of a failure with the next step, and for whom others wait", () => {
    const dependent = kustomization("b", waiting, { spec: dependsOn("late") });
    const failed = kustomization("late", { ...broken, at: "2026-01-01T00:01:00Z" });
    expect(linesOf([late], [failed, dependent], [failed, dependent])).toStrictEqual([
      "✗ Kustomization flux-system/late: kustomize build failed: accumulating resources\n    → the tree at that commit does not build: fix it, push, npm run reconcile",
      "… Kustomization flux-system/b waits for Kustomization flux-system/late, which fails",
    ]);
  });

  it("names what is suspended, and how to resume it", () => {
    expect(linesOf([kustomization("a", {}, { spec: { suspend: true } })])).toStrictEqual([
      "‖ Kustomization flux-system/a is suspended: npm run flux -- resume Kustomization/flux-system/a",
    ]);
  });

  it("passes over a release of which nothing was new", () => {
    const applied = { lastAppliedRevision: commit };
    const release = (at: string): KubeObject => fluxObject("HelmRelease", "a", { at, message: "upgraded" });
    const parent = kustomization("p", {}, { status: applied });
    expect(
      linesOf([late, release("2026-01-01T00:00:00Z")], [parent, release("2026-01-01T00:00:00Z")]).slice(1),
    ).toStrictEqual(["✓ Kustomization flux-system/p main@sha1:bbbbbbbbbbbb"]);
    const working = fluxObject("HelmRelease", "a", { status: "Unknown" });
    expect(linesOf([late, working], [parent, release("2026-01-01T00:09:00Z")])).toStrictEqual(
      [
        "✓ HelmRelease flux-system/a upgraded",
        "✓ Kustomization flux-system/p main@sha1:bbbbbbbbbbbb",
      ].toReversed(),
    );
  });
});
