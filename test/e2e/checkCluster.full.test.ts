// check:cluster with the program cluster-build. No lab: it is here because the program has to be built.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { checkTree } from "../../commands/checkCluster/checkTree.ts";
import { ensureTools } from "../../tools/ensureTools.ts";
import { fixtures, readFixture, withTree } from "../commands/checkCluster/fixture.ts";
import { addApps } from "../commands/checkCluster/manyApps.ts";

const project = join(import.meta.dirname, "..", "..");
const command = join(project, "commands", "checkCluster.ts");

describe("check:cluster with the build", () => {
  beforeAll(async () => {
    await ensureTools({ keys: ["cluster-build", "flux-manifests@v2.9.4", "kubernetes-definitions@1.35"] });
  });

  for (const file of globSync("*/*.yaml", { cwd: fixtures }).sort())
    it(`${file} gives exactly its findings, and none twice`, async () => {
      const fixture = readFixture(file);
      await withTree(fixture, async (root) => {
        const { kubernetes } = fixture;
        const { findings, leftOut } = await checkTree({
          tree: join(root, "cluster"),
          project: root,
          kubernetes,
        });
        expect(findings).toStrictEqual(fixture.findings);
        expect(leftOut).toStrictEqual([]);
      });
    });

  it("finds nothing in the shipped tree, and leaves nothing out", () => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [command], {
      cwd: project,
      encoding: "utf8",
    });
    expect(stdout).toMatch(/^cluster: nothing found/);
    expect([stderr, status]).toStrictEqual(["", 0]);
  });

  it("finds nothing in a tree of another style, in its place and in another one", async () => {
    const otherStyle = join(project, "test", "commands", "checkCluster", "otherStyle");
    const copy = mkdtempSync(join(tmpdir(), "home-ops-check-"));
    try {
      cpSync(join(otherStyle, "kubernetes"), join(copy, "mine"), { recursive: true });
      for (const tree of [otherStyle, join(copy, "mine")]) {
        const { findings } = await checkTree({ tree, project });
        expect(findings).toStrictEqual([]);
      }
    } finally {
      rmSync(copy, { recursive: true });
    }
  });

  it("takes less than five seconds of processor time for 300 apps", async () => {
    await withTree({}, (root) => {
      addApps(root, 300);
      // Other tests run beside this one, so the clock on the wall says little.
      const { stdout, stderr, status } = spawnSync(
        "sh",
        [
          "-c",
          '"$0" "$1" "$2"; status=$?; times >&2; exit $status',
          process.execPath,
          command,
          join(root, "cluster"),
        ],
        { encoding: "utf8" },
      );
      assert.equal(status, 0, stdout);
      expect(stdout).toMatch(/nothing found \(306 Kustomizations in 1523 files\)/);
      const [, user = "", system = ""] = /\n(\S+) (\S+)\s*$/.exec(stderr) ?? [];
      assert.ok(seconds(user) + seconds(system) < 5, stderr);
    });
  });

  /** Of a time such as `0m1.420s`. */
  const seconds = (time: string): number => {
    const [, minutes, rest] = /^(\d+)m([\d.]+)s$/.exec(time) ?? [];
    return Number(minutes) * 60 + Number(rest);
  };
});
