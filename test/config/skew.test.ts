import assert from "node:assert/strict";
import { describe, expect, it } from "@jest/globals";
import { checkSkew, type Versions } from "../../src/config/skew.ts";

/** Versions, number of errors, number of warnings. */
const cases: readonly (readonly [Versions, number, number])[] = [
  [{ talos: "v1.12.0", kubernetes: "v1.35.4", cilium: "1.20.1", flux: "v2.9.4" }, 0, 0],
  [{ talos: "v1.13.9", kubernetes: "v1.36.3", cilium: "1.20.1", flux: "v2.9.4" }, 0, 0],
  [{ talos: "v1.14.0", kubernetes: "v1.37.0", cilium: "1.20.1", flux: "v2.9.4" }, 0, 2],
  [{ talos: "v1.11.0", kubernetes: "v1.34.4" }, 0, 0],
  [{ talos: "v1.11.0", kubernetes: "v1.35.0" }, 1, 0],
  [{ talos: "v1.12.0", kubernetes: "v1.36.0" }, 1, 0],
  [{ talos: "v1.12.0", kubernetes: "v1.29.9" }, 1, 0],
  [{ talos: "v1.15.0", kubernetes: "v1.38.0" }, 0, 1],
  [{ talos: "v1.10.3", kubernetes: "v1.33.0" }, 1, 0],
  [{ cilium: "1.18.14", kubernetes: "v1.34.4" }, 0, 1],
  [{ cilium: "1.19.7", kubernetes: "v1.34.4" }, 0, 0],
  [{ flux: "v2.7.3", kubernetes: "v1.34.4" }, 0, 0],
  [{ flux: "v2.7.3", kubernetes: "v1.35.4" }, 0, 1],
  [{ flux: "v2.8.8", kubernetes: "v1.32.1" }, 1, 0],
  [{ talos: "nonsense", kubernetes: "v1.35.4" }, 0, 0],
  [{ talos: "v1.12.0" }, 0, 0],
];

describe("checkSkew", () => {
  for (const [versions, errors, warnings] of cases)
    it(`${JSON.stringify(versions)} gives ${String(errors)} errors and ${String(warnings)} warnings`, () => {
      const found = checkSkew(versions);
      assert.deepEqual(
        [found.errors.length, found.warnings.length],
        [errors, warnings],
        JSON.stringify(found),
      );
    });

  it("says which version to raise", () => {
    const [error] = checkSkew({ talos: "v1.13.9", kubernetes: "v1.37.0" }).errors;
    expect(error).toStrictEqual({
      path: "versions.kubernetes",
      text: "v1.37.0 is newer than 1.36, the newest Kubernetes that Talos v1.13.9 accepts → lower it to 1.36 or older, or take a newer Talos (versions.talos)",
    });
  });
});
