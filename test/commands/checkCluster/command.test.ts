// The command as a user runs it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { rules } from "../../../commands/checkCluster/rules.ts";
import { withTree } from "./fixture.ts";

const project = join(import.meta.dirname, "..", "..", "..");
const command = join(project, "commands", "checkCluster.ts");

/** What a check says that has no program to build with; with it: test/e2e/checkCluster.full.test.ts. */
const leftOut =
  "left out: builds, schemas and duplicate objects, since cluster-build is not there; `npm run tools` builds it\n";

function run(...args: readonly string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], {
    encoding: "utf8",
    cwd: project,
    env: { ...process.env, XDG_CACHE_HOME: join(project, "no-such-folder") },
  });
  return { code: status, out: stdout, err: stderr };
}

const release = "cluster/apps/default/echo/app/helmrelease.yaml";
const typo = { replace: { [release]: { "${SECRET_DOMAIN}": "${SECRET_DOMIAN}" } } };
const fix =
  "add it to flux/vars, give it a default (${SECRET_DOMIAN:=…}), or write $${SECRET_DOMIAN} for the text itself";

describe("npm run check:cluster", () => {
  it("finds nothing in the shipped tree, and says what it could not look at", () => {
    const { code, out, err } = run();
    expect(out).toMatch(/^cluster: nothing found \(\d+ Kustomizations in \d+ files\)\n/);
    expect([code, err]).toStrictEqual([0, leftOut]);
  });

  it("prints file, line, rule and what to do, and ends with 1", async () => {
    await withTree(typo, (root) => {
      const { code, out } = run(join(root, "cluster"));
      const [first, second, empty, summary] = out.split("\n");
      expect(first).toBe(`${release}:19  undefined-variable  uses \${SECRET_DOMIAN}, which nothing defines`);
      expect(second).toBe(`  ${fix}`);
      expect(empty).toBe("");
      expect(summary).toBe(`${root}/cluster: 1 finding in 1 file (6 Kustomizations in 23 files)`);
      expect(code).toBe(1);
    });
  });

  it("gives the same as JSON, and an empty list for nothing", async () => {
    await withTree(typo, (root) => {
      const { code, out } = run("--json", join(root, "cluster"));
      expect(JSON.parse(out)).toStrictEqual([
        {
          file: release,
          line: 19,
          rule: "undefined-variable",
          message: "uses ${SECRET_DOMIAN}, which nothing defines",
          fix,
        },
      ]);
      expect(code).toBe(1);
    });
    await withTree({}, (root) => {
      const { code, out } = run(join(root, "cluster"), "--json");
      expect([code, JSON.parse(out)]).toStrictEqual([0, []]);
    });
  });

  it("leaves out what a comment says is meant so", async () => {
    const line = "    host: echo.${SECRET_DOMAIN}";
    const ignored = (comment: string) => ({
      replace: { [release]: { [line]: `    host: \${OTHER}${comment}` } },
    });
    const codeOf = (comment: string): Promise<number | null> =>
      withTree(ignored(comment), (root) => run(join(root, "cluster")).code);
    expect(await codeOf(" # check:cluster ignore undefined-variable")).toBe(0);
    expect(await codeOf(" # check:cluster ignore undefined")).toBe(1);
    expect(await codeOf("")).toBe(1);
  });

  it("takes the version of Kubernetes from the stack file, or from the command line", async () => {
    const old = {
      replace: { "cluster/apps/default/backup/app/cronjob.yaml": { "batch/v1": "batch/v1beta1" } },
    };
    await withTree(old, (root) => {
      expect(run(join(root, "cluster")).code).toBe(1);
      expect(run(join(root, "cluster"), "--kubernetes", "v1.24").code).toBe(0);
    });
    const older = { replace: { ...old.replace, "Pulumi.home.yaml": { "v1.36.3": "v1.24.1" } } };
    expect(await withTree(older, (root) => run(join(root, "cluster")).code)).toBe(0);
  });

  it("ends with 2 and one line for what it cannot check", () => {
    for (const [args, message] of [
      [["no-such-tree"], "no-such-tree is no folder; name that of the Git tree, e.g. cluster\n"],
      [["package.json"], "package.json is no folder; name that of the Git tree, e.g. cluster\n"],
      [["--all"], "Unknown option '--all'; see npm run check:cluster -- --help\n"],
      [["a", "b"], "Unexpected argument 'b'; see npm run check:cluster -- --help\n"],
      [["--kubernetes", "new"], "--kubernetes new is no version; expected one such as v1.36\n"],
    ] as const)
      expect(run(...args)).toStrictEqual({ code: 2, out: "", err: message });
  });

  it("lists all rules in its help", () => {
    const { code, out } = run("--help");
    expect(code).toBe(0);
    for (const { name, what } of rules) assert.ok(out.includes(`  ${name}`) && out.includes(what), name);
  });
});
