import { describe, expect, it } from "@jest/globals";
import { describe as compare } from "../../../commands/reconcile/commit.ts";
import { healthOf } from "../../../commands/flux/health.ts";
import { isSettled } from "../../../src/flux/request.ts";
import { lookOf, verdictsOf } from "../../../commands/reconcile/verdicts.ts";
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

const id = "now";
const later = "2026-01-01T00:01:00Z";

/** Verdicts by the last part of the names. */
function verdicts(
  now: readonly KubeObject[],
  then: readonly KubeObject[] = [],
): Readonly<Record<string, string>> {
  const looks = new Map(healthOf(then).map(({ name, object }) => [name, lookOf(object)]));
  const found = verdictsOf(healthOf([repository, ...now]), { id, looks });
  return Object.fromEntries(
    [...found]
      .filter(([name]) => !name.startsWith("Git"))
      .map(([name, verdict]) => [name.replace(/^.*\//, ""), verdict]),
  );
}

describe("verdicts", () => {
  it("are done at the commit, and pending before", () => {
    expect(verdicts([kustomization("a"), kustomization("b", {}, { applied: before })])).toStrictEqual({
      a: "done",
      b: "pending",
    });
  });

  it("are pending for a failure of before, and failed when it has been looked at since", () => {
    const old = kustomization("a", broken);
    expect(verdicts([old], [old])).toStrictEqual({ a: "pending" });
    expect(verdicts([kustomization("a", { ...broken, at: later })], [old])).toStrictEqual({ a: "failed" });
    expect(
      verdicts([kustomization("a", broken, { status: { lastHandledReconcileAt: id } })], [old]),
    ).toStrictEqual({
      a: "failed",
    });
  });

  it("are blocked for what waits for a failure, and pending for what waits for work", () => {
    const b = kustomization("b", waiting, { spec: dependsOn("a") });
    expect(verdicts([kustomization("a", broken), b])).toStrictEqual({ a: "failed", b: "blocked" });
    const working = kustomization("a", { status: "Unknown", reason: "Progressing" });
    expect(verdicts([working, b])).toStrictEqual({ a: "pending", b: "pending" });
  });

  it("are blocked for what waits for something suspended", () => {
    const a = kustomization("a", {}, { applied: before, spec: { suspend: true } });
    expect(verdicts([a, kustomization("b", waiting, { spec: dependsOn("a") })])).toStrictEqual({
      a: "suspended",
      b: "blocked",
    });
  });

  it("are failed for what depends on nothing that exists", () => {
    expect(verdicts([kustomization("b", waiting, { spec: dependsOn("nobody") })])).toStrictEqual({
      b: "failed",
    });
  });

  it("wait for the parent, which may still change its child", () => {
    const parent = kustomization("apps", {}, { applied: before });
    expect(verdicts([parent, kustomization("a", broken, { parent: "apps" })])).toStrictEqual({
      apps: "pending",
      a: "pending",
    });
  });

  it("do not wait for a parent that waits for the health of this very child", () => {
    const checks = `Running health checks for revision ${commit} with a timeout of 5m0s`;
    const parent = kustomization(
      "podinfo",
      { status: "Unknown", reason: "Progressing", reconciling: checks },
      { applied: before, spec: { wait: true } },
    );
    const failed = { status: "False", reason: "ValuesError", message: "no Secret" } as const;
    const release = fluxObject("HelmRelease", "release", failed, { parent: "podinfo" });
    expect(verdicts([parent, release])).toStrictEqual({ podinfo: "blocked", release: "failed" });
    expect(verdicts([release, parent])).toStrictEqual({ podinfo: "blocked", release: "failed" });
  });

  it("leave those that depend on each other pending, to be ended by the time", () => {
    expect(
      verdicts([
        kustomization("a", waiting, { spec: dependsOn("b") }),
        kustomization("b", waiting, { spec: dependsOn("a") }),
      ]),
    ).toStrictEqual({ a: "pending", b: "pending" });
  });
});

describe("a look that was asked for", () => {
  const handled = { lastHandledReconcileAt: id };
  it("has ended when the controller says so of this very request", () => {
    expect(isSettled(kustomization("a", {}, { status: handled }), id)).toBe(true);
    expect(isSettled(kustomization("a"), id)).toBe(false);
  });
  it("has not ended while it is at work, or has not seen the last change", () => {
    expect(isSettled(kustomization("a", { status: "Unknown" }, { status: handled }), id)).toBe(false);
    expect(isSettled(kustomization("a", {}, { status: { ...handled, observedGeneration: 0 } }), id)).toBe(
      false,
    );
    const atWork = kustomization("a", { ...broken, reconciling: "Building" }, { status: handled });
    expect(isSettled(atWork, id)).toBe(false);
    expect(isSettled(kustomization("a", broken, { status: handled }), id)).toBe(true);
  });
});

describe("the commit and the checkout", () => {
  const cases: readonly (readonly [
    head: string | undefined,
    ahead: number,
    behind: number,
    words: string | undefined,
  ])[] = [
    ["abc", 0, 0, "which is your checkout's HEAD"],
    ["def", 2, 0, "and your checkout has 2 commits that the branch has not: push to bring them"],
    ["def", 0, 1, "and your checkout is 1 commit behind it"],
    ["def", Number.NaN, Number.NaN, undefined],
    [undefined, 0, 0, undefined],
  ];
  for (const [head, ahead, behind, words] of cases)
    it(`are compared: ${words ?? "nothing to say of another repository"}`, () => {
      expect(compare("abc", head, ahead, behind)).toBe(words);
    });
});
