import { globSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { checkTree } from "../../../commands/checkCluster/checkTree.ts";
import { buildRules, rules } from "../../../commands/checkCluster/rules.ts";
import { fixtures, readFixture, withTree } from "./fixture.ts";

const files = globSync("*/*.yaml", { cwd: fixtures }).sort();

// Those that need the program cluster-build are tried where programs are built: test/e2e/checkCluster.full.test.ts.
const needBuild = new Set(buildRules.map(({ name }) => name));
const here = files.filter((file) => !needBuild.has(file.split("/")[0] ?? ""));

describe("rules of check:cluster", () => {
  it.each(here)("%s gives exactly its findings", async (file) => {
    const fixture = readFixture(file);
    await withTree(fixture, async (root) => {
      const { findings } = await checkTree({
        tree: join(root, "cluster"),
        project: root,
        kubernetes: fixture.kubernetes,
        isBuilt: false,
      });
      expect(findings).toStrictEqual(fixture.findings);
    });
  });

  it("have a fixture each, with a finding of the rule whose folder it is in", () => {
    const found = files.flatMap((file) =>
      readFixture(file).findings.some(({ rule }) => file.startsWith(`${rule}/`)) ? [file.split("/")[0]] : [],
    );
    expect([...new Set(found)].sort()).toStrictEqual(rules.map(({ name }) => name).sort());
  });

  it("find nothing in the tree that the fixtures change", async () => {
    await withTree({}, async (root) => {
      const { findings } = await checkTree({ tree: join(root, "cluster"), project: root, isBuilt: false });
      expect(findings).toStrictEqual([]);
    });
  });
});
