import assert from "node:assert/strict";
import { describe, expect, it } from "@jest/globals";
import { catalogue, needsOlder } from "../../../commands/rehearse/catalogue.ts";
import {
  planContract,
  planVersions,
  type StackVersions,
  type VersionPlan,
} from "../../../commands/rehearse/versions.ts";

const home: StackVersions = { talos: "v1.13.9", kubernetes: "v1.36.3", cilium: "1.20.1", flux: "v2.9.4" };
const lab: StackVersions = { talos: "v1.12.0", kubernetes: "v1.35.4", cilium: "1.20.1", flux: "v2.9.4" };

function plan(from: StackVersions, to: Partial<StackVersions>): VersionPlan {
  const found = planVersions(from, { ...from, ...to }, catalogue);
  assert.ok(found);
  return found;
}

/** What is rehearsed, as `from → to` by component. */
function rehearsed(from: StackVersions, to: Partial<StackVersions>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(plan(from, to).rehearsed).map(([component, move]) => [
      component,
      move.from === move.to ? move.from : `${move.from} → ${move.to}`,
    ]),
  );
}

describe("planVersions", () => {
  it("takes what is asked where it can be had, and says nothing", () => {
    const found = plan({ ...lab, talos: "v1.11.6", kubernetes: "v1.34.4" }, { talos: "v1.12.0" });
    expect(found.rehearsed).toStrictEqual(found.asked);
    expect(found.notes).toStrictEqual([]);
    expect(found.notRehearsed).toStrictEqual([]);
  });

  it("takes any version of Cilium", () => {
    expect(rehearsed(lab, { cilium: "1.20.7" })["cilium"]).toBe("1.20.1 → 1.20.7");
  });

  it("names a version that cannot be had, with the nearest that can", () => {
    const { notes } = plan(home, {});
    expect(notes).toStrictEqual([
      "Talos v1.13.9 cannot be had here (the newest talosctl that can be had here is v1.12.0): rehearsed with v1.12.9",
      "Kubernetes v1.36.3 cannot be had here (there are v1.34.4 and v1.35.4): rehearsed with v1.35.4",
    ]);
  });

  it("keeps a patch of Talos a patch", () => {
    expect(rehearsed(home, { talos: "v1.13.10" })).toStrictEqual({
      talos: "v1.12.9 → v1.12.10",
      kubernetes: "v1.35.4",
      cilium: "1.20.1",
      flux: "v2.9.4",
    });
  });

  it("keeps a minor of Talos a minor, with a Kubernetes that the older one runs", () => {
    expect(rehearsed(home, { talos: "v1.14.1" })).toStrictEqual({
      talos: "v1.11.6 → v1.12.1",
      kubernetes: "v1.34.4",
      cilium: "1.20.1",
      flux: "v2.9.4",
    });
  });

  it("makes a minor of Kubernetes of a patch, rather than nothing", () => {
    const { rehearsed, notes } = plan(home, { kubernetes: "v1.36.4" });
    expect(rehearsed.kubernetes).toStrictEqual({ from: "v1.34.4", to: "v1.35.4" });
    expect(notes.some((note) => note.includes("v1.36.3 and v1.36.4 cannot be had here"))).toBeTruthy();
  });

  it("keeps two bumps at once two bumps", () => {
    const found = plan(lab, { kubernetes: "v1.36.0", talos: "v1.13.0" });
    expect(found.rehearsed.talos).toStrictEqual({ from: "v1.11.0", to: "v1.12.0" });
    expect(found.rehearsed.kubernetes).toStrictEqual({ from: "v1.34.4", to: "v1.35.4" });
    expect(found.notRehearsed).toStrictEqual([]);
  });

  it("says what is not rehearsed when a bump vanishes", () => {
    const only = {
      listed: ["v2.9.4"],
      has: (version: string) => version === "v2.9.4",
      limit: "there is v2.9.4",
    };
    const found = planVersions(lab, { ...lab, flux: "v2.9.5" }, { ...catalogue, flux: only });
    expect(found?.rehearsed.flux).toStrictEqual({ from: "v2.9.4", to: "v2.9.4" });
    expect(found?.notRehearsed).toStrictEqual(["Flux v2.9.4 → v2.9.5"]);
    expect(found?.notes).toStrictEqual([
      "Flux v2.9.5 cannot be had here (there is v2.9.4): rehearsed with v2.9.4",
    ]);
  });

  it("rehearses a way back as a way back", () => {
    expect(rehearsed(lab, { flux: "v2.8.8" })["flux"]).toBe("v2.9.4 → v2.7.3");
  });

  it("never turns a bump round, also where only what stands behind the hyphen differs", () => {
    const found = planVersions(
      { ...lab, kubernetes: "v1.35.0" },
      { ...lab, kubernetes: "v1.35.0-rc.1" },
      { ...catalogue, kubernetes: { listed: [], has: () => true, limit: "" } },
    );
    assert.deepEqual(found?.rehearsed.kubernetes, { from: "v1.35.0", to: "v1.35.0" });
    assert.deepEqual(found.notRehearsed, ["Kubernetes v1.35.0 → v1.35.0-rc.1"]);
  });

  it("finds nothing where nothing goes together", () => {
    const nothing = { listed: [], has: () => false, limit: "there are none" };
    expect(planVersions(lab, lab, { ...catalogue, kubernetes: nothing })).toBe(undefined);
  });
});

describe("planContract", () => {
  it("is the stack's own, but no newer than the Talos it is born with", () => {
    expect(planContract("v1.12", "v1.12.9")).toBe("v1.12");
    expect(planContract("v1.11", "v1.12.9")).toBe("v1.11");
    expect(planContract("v1.13", "v1.11.6")).toBe("v1.11");
  });
});

describe("needsOlder", () => {
  it("holds where a rehearsal begins at what only bumps need", () => {
    expect(needsOlder(plan(lab, { talos: "v1.12.1", cilium: "1.20.2" }).rehearsed)).toBe(false);
    expect(needsOlder(plan(home, { kubernetes: "v1.36.4" }).rehearsed)).toBe(true);
    expect(needsOlder(plan(home, { flux: "v2.9.5" }).rehearsed)).toBe(true);
  });
});
