// Imports go one way. Which way is a matter of ESLint (eslint.config.mjs); that nothing goes round in a circle is seen here.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileCircles, folderCircles, importsIn, importsOf } from "./imports.ts";

const root = join(import.meta.dirname, "..");

describe("imports", () => {
  const ours = importsIn(root, ["src", "tree", "commands", "tools"]);

  it("are all found", () => {
    assert.ok(ours.length > 1000);
    assert.deepEqual(
      ours.filter(({ to }) => !existsSync(join(root, to))),
      [],
    );
  });

  it("make no circle between files, not even of types", () => {
    assert.deepEqual(fileCircles(ours), []);
  });

  it("make no circle between folders", () => {
    assert.deepEqual(folderCircles(ours), []);
  });

  it("load no circle in the lab, where types may make one", () => {
    assert.deepEqual(fileCircles(importsIn(root, ["lab"]).filter(({ isType }) => !isType)), []);
  });

  it("are seen when they lead back", () => {
    const planted = [
      ...importsOf("src/config/load.ts", 'import type { X } from "../talos/machines.ts";'),
      ...importsOf("src/talos/machines.ts", 'export * from "../config/config.ts";'),
      ...importsOf("src/config/config.ts", 'type Y = import("./load.ts").Y;'),
    ];
    assert.deepEqual(fileCircles(planted), [
      "src/config/config.ts → src/config/load.ts → src/talos/machines.ts → src/config/config.ts",
    ]);
    assert.deepEqual(folderCircles(planted), ["src/config → src/talos → src/config"]);
    assert.deepEqual(
      planted.map(({ isType }) => isType),
      [true, false, true],
    );
    const inward = importsOf("src/config/a.ts", 'import "./patches/b.ts"; await import("./patches/c.ts");');
    assert.deepEqual([...fileCircles(inward), ...folderCircles(inward)], []);
    assert.equal(inward.length, 2);
  });
});
