// Every command's exit codes, as a shell sees them (README.md, "Exit codes").
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { outcomeCodes } from "../../commands/rehearse/report.ts";

const commands = join(import.meta.dirname, "../../commands");
const recorded = join(import.meta.dirname, "plan/recorded");

/** Command as people call it, its file, and its code for what it could not do. */
const looking = [
  ["check:cluster", "checkCluster.ts"],
  ["diff", "diff.ts"],
  ["doctor", "doctor.ts"],
  ["migrate:flux", "migrateFlux.ts"],
  ["plan", "plan.ts"],
  ["reconcile", "reconcile.ts"],
  ["rehearse", "rehearse.ts"],
] as const;
const doing = [
  ["flux", "flux.ts"],
  ["recover", "recover.ts"],
] as const;

describe("the exit code of", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "exit-codes-"));
    // The recorded preview that PREVIEW names, and an end with the code CODE for everything else.
    const script = `#!/bin/sh
case "$1" in
  preview) [ -n "$PREVIEW" ] && exec cat "${recorded}/$PREVIEW.json"; echo "error: no stack" >&2; exit 255;;
  stack) echo '{"version":3,"deployment":{}}';;
  config) echo '{}';;
  up) echo "$@"; exit "$CODE";;
esac
`;
    writeFileSync(join(folder, "pulumi"), script);
    chmodSync(join(folder, "pulumi"), 0o755);
    const tree = (apiVersion: string): string =>
      `apiVersion: ${apiVersion}\nkind: HelmRelease\nmetadata: {name: x}\nspec: {}\n`;
    for (const [name, text] of [
      ["current", tree("helm.toolkit.fluxcd.io/v2")],
      ["old", tree("helm.toolkit.fluxcd.io/v2beta2")],
      ["broken", "kind: [\n"],
    ] as const) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, "release.yaml"), text);
    }
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  async function run(
    file: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ): Promise<{ code: unknown; stdout: string; stderr: string }> {
    const path = `${folder}:${process.env["PATH"] ?? ""}`;
    const child = spawn(process.execPath, [join(commands, file), ...args], {
      env: { ...process.env, PATH: path, ...env },
    });
    const said = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (said.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said.stderr += text));
    const [code] = (await once(child, "close")) as [unknown];
    return { code, ...said };
  }

  for (const [name, file, failure] of [
    ...looking.map((row) => [...row, 2] as const),
    ...doing.map((row) => [...row, 1] as const),
  ])
    it(`${name} is 0 for its help, which says all of them, and ${String(failure)} for an option that is not there`, async () => {
      const help = await run(file, ["--help"]);
      assert.equal(help.code, 0, help.stderr);
      expect(help.stdout).toMatch(/^Exit code 0: [\s\S]* 1: /m);
      if (failure === 2) expect(help.stdout).toMatch(/^Exit code 0: [\s\S]*[ \n]2: /m);
      expect(await run(file, ["--nothing"])).toStrictEqual({
        code: failure,
        stdout: "",
        stderr: `Unknown option '--nothing'; see npm run ${name} -- --help\n`,
      });
    });

  for (const [name, preview, code] of [
    ["nothing changes", "nothing", 0],
    ["something changes", "flux", 1],
    ["there is no preview", "", 2],
    ["something is lost", "remove", 3],
  ] as const)
    it(`plan is ${String(code)} where ${name}`, async () => {
      const result = await run("plan.ts", ["--json"], { PREVIEW: preview });
      assert.equal(result.code, code, result.stderr);
    });

  it("plan is 2 without pulumi", async () => {
    const { code, stderr } = await run("plan.ts", [], { PATH: join(folder, "current") });
    assert.deepEqual([code, stderr.startsWith("pulumi is not on PATH")], [2, true], stderr);
  });

  for (const [tree, code] of [
    ["current", 0],
    ["old", 1],
    ["broken", 2],
    ["gone", 2],
  ] as const)
    it(`migrate:flux is ${String(code)} for a tree that is ${tree}`, async () => {
      expect((await run("migrateFlux.ts", [join(folder, tree)])).code).toBe(code);
    });

  it("diff is 2 where there is nothing to compare with", async () => {
    const { code, stderr } = await run("diff.ts", ["HEAD", "--tree", join(folder, "current")]);
    assert.deepEqual([code, stderr.includes("is in no Git repository")], [2, true], stderr);
  });

  for (const [file, args, code] of [
    ["doctor.ts", ["--cluster"], 2],
    ["reconcile.ts", [], 2],
    ["flux.ts", ["suspend", "hr/default/podinfo"], 1],
  ] as const)
    it(`${file} is ${String(code)} without a cluster`, async () => {
      const result = await run(file, [...args, "--kubeconfig", join(folder, "no-kubeconfig")]);
      assert.equal(result.code, code, result.stderr);
      expect(result.stderr).toMatch(/no-kubeconfig cannot be read/);
    });

  it.each([0, 7, 255])("up is pulumi's: %s", async (code) => {
    expect((await run("run.ts", ["up", "--preview-only"], { CODE: String(code) })).code).toBe(code);
  });

  it("up --help is pulumi's as well, behind what ours says", async () => {
    const { code, stdout } = await run("run.ts", ["up", "--help"], { CODE: "0" });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^npm run up [\s\S]*^Exit code 0: done\. [\s\S]*\nup --help\n$/m);
  });

  it("up is 1 without pulumi", async () => {
    expect((await run("run.ts", ["up"], { PATH: join(folder, "current") })).code).toBe(1);
  });

  it("rehearse is 0 where all is well, 1 where the bump failed, 2 where it could not be rehearsed", () => {
    expect(outcomeCodes).toStrictEqual({ well: 0, nothing: 0, failed: 1, impossible: 2 });
  });
});
