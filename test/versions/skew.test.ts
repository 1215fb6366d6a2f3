import assert from "node:assert/strict";
import { describe, expect, it } from "@jest/globals";
import type { Versions } from "../../src/versions/components.ts";
import { newestPatches } from "../../src/versions/releases.ts";
import { checkOrder, checkSkew, newestKubernetesFor, oldestTalosFor } from "../../src/versions/skew.ts";

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
        [found.problems.length, found.warnings.length],
        [errors, warnings],
        JSON.stringify(found),
      );
    });

  it("says which version to raise", () => {
    const [error] = checkSkew({ talos: "v1.13.9", kubernetes: "v1.37.0-rc.1" }).problems;
    expect(error).toStrictEqual({
      path: "versions.kubernetes",
      message: "v1.37.0-rc.1 is newer than 1.36, the newest Kubernetes that Talos v1.13.9 accepts",
      todo: "lower it to 1.36 or older, or take a newer Talos (versions.talos)",
    });
  });
});

describe("checkOrder", () => {
  const old: Versions = { talos: "v1.12.0", kubernetes: "v1.34.4", cilium: "1.19.7", flux: "v2.7.3" };
  /** What changes at once, where it is refused and what to do first. */
  const orders: readonly (readonly [wanted: Versions, path?: string, todo?: string])[] = [
    [{}],
    [{ talos: "v1.13.9", kubernetes: "v1.35.4", cilium: "1.20.1", flux: "v2.9.4" }],
    [{ kubernetes: "v1.36.3" }],
    [{ kubernetes: "v1.36.3", flux: "v2.9.4" }, "the OCIRepository's tag in the tree", "bump Flux to v2.9.4"],
    [{ kubernetes: "v1.36.3", cilium: "1.20.1" }, "versions.cilium", "bump Cilium to 1.20.1"],
    [{ talos: "v1.13.9", kubernetes: "v1.30.1" }],
  ];
  for (const [wanted, path, todo] of orders)
    it(`${JSON.stringify(wanted)} ${path === undefined ? "goes" : `does not go by ${path}`}`, () => {
      const found = checkOrder(old, { ...old, ...wanted });
      expect(found.map((one) => [one.path, one.todo])).toStrictEqual(
        path === undefined ? [] : [[path, `${todo ?? ""} first, in an up of its own`]],
      );
    });

  it("wants Kubernetes first where the new Talos does not run the old one", () => {
    expect(
      checkOrder({ talos: "v1.12.0", kubernetes: "v1.30.9" }, { talos: "v1.13.9", kubernetes: "v1.31.14" }),
    ).toStrictEqual([
      {
        path: "versions.talos",
        message:
          "Talos comes before Kubernetes, and Talos v1.13.9 needs Kubernetes 1.31, while the cluster has v1.30.9",
        todo: "bump Kubernetes to v1.31.14 first, in an up of its own",
      },
    ]);
  });
});

describe("Kubernetes of a Talos that need not be known", () => {
  for (const [talos, kubernetes] of [
    ["1.10", "1.33"],
    ["1.13", "1.36"],
    ["1.15", "1.38"],
  ] as const)
    it(`is up to ${kubernetes} with ${talos}`, () => {
      expect(newestKubernetesFor(`v${talos}.0-beta.1`)).toBe(kubernetes);
      expect(oldestTalosFor(`v${kubernetes}.3`)).toBe(talos);
    });

  it("is what the table says of those that are known", () => {
    for (const minor of Object.keys(newestPatches.talos)) {
      const newest = newestKubernetesFor(minor) ?? "";
      expect(checkSkew({ talos: `v${minor}.0`, kubernetes: `v${newest}.9` }).problems).toStrictEqual([]);
      const next = newestKubernetesFor(newestKubernetesFor(minor) ?? "");
      expect(checkSkew({ talos: `v${minor}.0`, kubernetes: `v${next ?? ""}.0` }).problems.length).toBe(1);
    }
  });

  it("is not known without a version", () => {
    expect(newestKubernetesFor("of an unknown version")).toBe(undefined);
    expect(oldestTalosFor("nonsense")).toBe(undefined);
  });
});
