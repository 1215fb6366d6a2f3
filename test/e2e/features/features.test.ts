// The shipped tree has each of its features, and does not have it any more when its lines are taken out: none can be lost
// unnoticed. How they work on a cluster is in tree.test.ts and cluster.test.ts. No lab: it is here because cluster-build has
// to be built.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { ensureTools } from "../../../tools/ensureTools.ts";
import type { Toolbox } from "../../../tools/toolbox.ts";
import { project } from "../testLab.ts";
import { BuiltTree } from "./builtTree.ts";
import { features } from "./features.ts";

const manifests = "flux-manifests@v2.9.4";
const shipped = join(project, "cluster");

describe("the shipped tree", () => {
  const root = mkdtempSync(join(tmpdir(), "tree-features-"));
  const copy = join(root, "cluster");
  let toolbox: Toolbox;
  let tree: BuiltTree;
  const build = (folder: string): Promise<BuiltTree> =>
    BuiltTree.of(folder, toolbox, toolbox[manifests] ?? "");
  beforeAll(async () => {
    toolbox = await ensureTools({ keys: ["cluster-build", manifests, "kubernetes-definitions@1.35"] });
    tree = await build(shipped);
    cpSync(shipped, copy, { recursive: true });
  });
  afterAll(() => {
    rmSync(root, { recursive: true });
  });

  it("is built without a problem", () => {
    expect(tree.problems).toStrictEqual([]);
  });

  it.each(features)("sees to it that $name", async ({ holds, without }) => {
    assert.ok(holds(tree), "it has the feature");
    const [file, text, instead = ""] = without;
    const whole = readFileSync(join(copy, file), "utf8");
    assert.ok(whole.includes(text), `${file} has ${text}`);
    writeFileSync(
      join(copy, file),
      whole.replace(text, () => instead),
    );
    try {
      assert.ok(!holds(await build(copy)), "it does not have the feature without these lines");
    } finally {
      writeFileSync(join(copy, file), whole);
    }
  });
});
