// What is a version, and which of two comes first.
import { describe, expect, it } from "@jest/globals";
import { compareMinors, compareVersions, isPlainVersion, minorOf } from "../../src/versions/version.ts";

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

describe("a version", () => {
  const rows: readonly (readonly [text: string, minor: string | undefined, isPlain: boolean])[] = [
    ["1.36.3", "1.36", true],
    ["v1.36.3", "1.36", false],
    ["1.37.0-rc.1", "1.37", true],
    ["v1.37.0-rc.1", "1.37", false],
    ["1.37.0+build.1", "1.37", false],
    ["v1.13", "1.13", false],
    ["1.13", "1.13", false],
    ["2.9.x", "2.9", false],
    ["2.9.*", "2.9", false],
    ["2.x", undefined, false],
    ["1.036.3", undefined, false],
    ["1.36.3.4", undefined, false],
    ["1.36-rc", undefined, false],
    ["1.36.0-rc..1", undefined, false],
    [" 1.36.3", "1.36", false],
    ["", undefined, false],
    ["nonsense", undefined, false],
  ];
  for (const [text, minor, isPlain] of rows)
    it(`"${text}" has the minor ${minor ?? "of none"} and is ${isPlain ? "" : "not "}plain`, () => {
      expect([minorOf(text), isPlainVersion(text)]).toStrictEqual([minor, isPlain]);
    });
});

describe("the order of minors", () => {
  const rows: readonly (readonly [one: string | undefined, other: string | undefined, order: number])[] = [
    ["v1.36.3", "v1.36.10", 0],
    ["v1.36.0-rc.1", "1.36", 0],
    ["v1.9.9", "1.10", -1],
    ["2.0", "v1.40.0", 1],
    ["nonsense", "1.36", 0],
    [undefined, "1.36", 0],
  ];
  for (const [one, other, order] of rows)
    it(`of ${one ?? "nothing"} and ${other ?? "nothing"} is ${String(order)}`, () =>
      expect(compareMinors(one, other)).toBe(order));
});
