// How far one run may go, and which stops are named on a longer way.
import { describe, expect, it } from "@jest/globals";
import { changes, type Component, type Versions } from "../../src/versions/components.ts";
import { badMove } from "../../src/versions/moves.ts";
import { newestPatches } from "../../src/versions/releases.ts";

describe("a move of versions", () => {
  const patchOf = (component: Component, minor: string): string => newestPatches[component][minor] ?? "";
  const oneByOne = "go one minor at a time, each in an up of its own: ";
  const allowed: readonly (readonly [Component, from: string, to: string])[] = [
    ["talos", "v1.12.0", "v1.12.0"],
    ["talos", "v1.12.0", "v1.13.9"],
    ["kubernetes", "v1.36.0-rc.1", "v1.36.0"],
    ["kubernetes", "v1.36.3", "v1.37.0-rc.1"],
    ["kubernetes", "nonsense", "v1.36.0"],
    ["cilium", "1.20.0", "1.20.0-rc.1"],
    ["cilium", "1.20.1", "1.19.7"],
    ["flux", "v2.7.3", "v2.9.4"],
    ["flux", "v2.9.4", "v2.7.3"],
  ];
  it.each(allowed)("of %s from %s to %s is allowed", (component, from, to) =>
    expect(badMove(component, from, to)).toBe(undefined),
  );

  const refused: readonly (readonly [Component, from: string, to: string, asked: string, todo: string])[] = [
    [
      "talos",
      "v1.13.0-beta.2",
      "v1.13.0-beta.1",
      "the older v1.13.0-beta.1",
      "set versions.talos to v1.13.0-beta.2 or newer; Talos is not taken back by an upgrade (talosctl rollback boots the previous Talos of one machine)",
    ],
    [
      "kubernetes",
      "v1.36.0",
      "v1.36.0-rc.1",
      "the older v1.36.0-rc.1",
      "set versions.kubernetes to v1.36.0 or newer; Kubernetes is not taken back by an upgrade",
    ],
    [
      "talos",
      "v1.11.6",
      "v1.14.0-rc.1",
      "v1.14.0-rc.1, 3 minors ahead",
      `${oneByOne}${patchOf("talos", "1.12")}, then ${patchOf("talos", "1.13")}, then v1.14.0-rc.1`,
    ],
    [
      "kubernetes",
      "v1.28.2",
      "v1.30.0",
      "v1.30.0, 2 minors ahead",
      `${oneByOne}the latest v1.29, then v1.30.0`,
    ],
    [
      "cilium",
      "1.20.1",
      "1.17.3",
      "1.17.3, 3 minors back",
      `${oneByOne}${patchOf("cilium", "1.19")}, then ${patchOf("cilium", "1.18")}, then 1.17.3`,
    ],
    ["cilium", "1.16.1", "1.14.0", "1.14.0, 2 minors back", `${oneByOne}the latest 1.15, then 1.14.0`],
  ];
  it.each(refused)("of %s from %s to %s is refused", (component, from, to, asked, todo) =>
    expect(badMove(component, from, to)).toStrictEqual({ asked, todo }),
  );
});

describe("what has another version", () => {
  const rows: readonly (readonly [before: Versions, after: Versions, changed: readonly Component[]])[] = [
    [{}, { talos: "v1.12.0" }, []],
    [{ talos: "v1.12.0" }, {}, []],
    [{ talos: "v1.12.0", flux: "v2.9.4" }, { talos: "v1.12.0", flux: "v2.9.5" }, ["flux"]],
    [
      { kubernetes: "v1.36.0-rc.1", talos: "v1.12.0" },
      { kubernetes: "v1.36.0", talos: "v1.12.1" },
      ["talos", "kubernetes"],
    ],
  ];
  for (const [before, after, changed] of rows)
    it(`${JSON.stringify(before)} → ${JSON.stringify(after)}: ${changed.join(", ") || "nothing"}`, () =>
      expect(changes(before, after)).toStrictEqual(changed));
});
