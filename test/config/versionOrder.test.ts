// Versions before a release: what comes first, and what is a way back.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compareVersions } from "../../src/config/version.ts";
import { badMove } from "../../src/config/versionMove.ts";

describe("the order of versions", () => {
  // Source: semver.org, 11, its own example in the middle.
  const ordered = [
    "v1.35.9",
    "v1.36.0-alpha",
    "v1.36.0-alpha.1",
    "v1.36.0-alpha.beta",
    "v1.36.0-beta",
    "v1.36.0-beta.2",
    "v1.36.0-beta.11",
    "v1.36.0-rc.1",
    "v1.36.0",
    "v1.36.3",
    "v1.36.10",
    "v1.37.0-rc.1",
    "v2.0.0",
  ];

  it("is that of semver, with and without leading v", () => {
    assert.deepEqual([...ordered].reverse().sort(compareVersions), ordered);
    const plain = ordered.map((version) => version.slice(1));
    assert.deepEqual([...plain].reverse().sort(compareVersions), plain);
  });

  it("knows equal ones, and leaves what it cannot read", () => {
    for (const version of ordered) assert.equal(compareVersions(version, version), 0);
    assert.equal(compareVersions("v1.36.0+build.1", "v1.36.0"), 0);
    assert.equal(compareVersions("nonsense", "v1.36.0"), 0);
  });
});

describe("a move of versions", () => {
  it("back to one before the release is a way back", () => {
    for (const component of ["Talos", "Kubernetes"] as const)
      assert.equal(badMove(component, "v1.36.0", "v1.36.0-rc.1")?.asked, "the older v1.36.0-rc.1");
    assert.equal(badMove("Talos", "v1.13.0-beta.2", "v1.13.0-beta.1")?.asked, "the older v1.13.0-beta.1");
  });

  it("from one before the release to the release is none", () => {
    assert.equal(badMove("Kubernetes", "v1.36.0-rc.1", "v1.36.0"), undefined);
    assert.equal(badMove("Kubernetes", "v1.36.3", "v1.37.0-rc.1"), undefined);
    assert.equal(badMove("Cilium", "1.20.0", "1.20.0-rc.1"), undefined);
  });
});
