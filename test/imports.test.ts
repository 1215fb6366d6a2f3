// Imports go one way. Which way is a matter of ESLint (eslint.config.mjs); that nothing goes round in a circle is seen here.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { fileCircles, folderCircles, importsIn, importsOf } from "./imports.ts";

const root = join(import.meta.dirname, "..");

describe("imports", () => {
  const ours = importsIn(root, ["src", "tree", "commands", "tools"]);

  it("are all found", () => {
    expect(ours.length).toBeGreaterThan(1000);
    expect(ours.filter(({ to }) => !existsSync(join(root, to)))).toStrictEqual([]);
  });

  it("make no circle between files, not even of types", () => {
    expect(fileCircles(ours)).toStrictEqual([]);
  });

  it("make no circle between folders", () => {
    expect(folderCircles(ours)).toStrictEqual([]);
  });

  it("load no circle in the lab, where types may make one", () => {
    expect(fileCircles(importsIn(root, ["lab"]).filter(({ isType }) => !isType))).toStrictEqual([]);
  });

  it("are seen when they lead back", () => {
    const planted = [
      ...importsOf("src/config/load.ts", 'import type { X } from "../talos/machines.ts";'),
      ...importsOf("src/talos/machines.ts", 'export * from "../config/config.ts";'),
      ...importsOf("src/config/config.ts", 'type Y = import("./load.ts").Y;'),
    ];
    expect(fileCircles(planted)).toStrictEqual([
      "src/config/config.ts → src/config/load.ts → src/talos/machines.ts → src/config/config.ts",
    ]);
    expect(folderCircles(planted)).toStrictEqual(["src/config → src/talos → src/config"]);
    expect(planted.map(({ isType }) => isType)).toStrictEqual([true, false, true]);
    const inward = importsOf("src/config/a.ts", 'import "./patches/b.ts"; await import("./patches/c.ts");');
    expect([...fileCircles(inward), ...folderCircles(inward)]).toStrictEqual([]);
    expect(inward.length).toBe(2);
  });
});
