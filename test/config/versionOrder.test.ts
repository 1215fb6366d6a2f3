// Versions before a release: what comes first, and what is a way back.
import { describe, expect, it } from "@jest/globals";
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
    expect([...ordered].reverse().sort(compareVersions)).toStrictEqual(ordered);
    const plain = ordered.map((version) => version.slice(1));
    expect([...plain].reverse().sort(compareVersions)).toStrictEqual(plain);
  });

  it("knows equal ones, and leaves what it cannot read", () => {
    for (const version of ordered) expect(compareVersions(version, version)).toBe(0);
    expect(compareVersions("v1.36.0+build.1", "v1.36.0")).toBe(0);
    expect(compareVersions("nonsense", "v1.36.0")).toBe(0);
  });
});

describe("a move of versions", () => {
  it("back to one before the release is a way back", () => {
    for (const component of ["Talos", "Kubernetes"] as const)
      expect(badMove(component, "v1.36.0", "v1.36.0-rc.1")?.asked).toBe("the older v1.36.0-rc.1");
    expect(badMove("Talos", "v1.13.0-beta.2", "v1.13.0-beta.1")?.asked).toBe("the older v1.13.0-beta.1");
  });

  it("from one before the release to the release is none", () => {
    expect(badMove("Kubernetes", "v1.36.0-rc.1", "v1.36.0")).toBe(undefined);
    expect(badMove("Kubernetes", "v1.36.3", "v1.37.0-rc.1")).toBe(undefined);
    expect(badMove("Cilium", "1.20.0", "1.20.0-rc.1")).toBe(undefined);
  });
});
