import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { cacheRoot, groupFolder } from "../../../tools/cache.ts";
import { ownRecipes } from "../../../tools/moduleVersion.ts";
import { programOf } from "../../../tools/programs.ts";
import { configFile, TreeFixture } from "../tree/treeFixture.ts";

const command = join(import.meta.dirname, "../../../commands/diff.ts");

/** Folders in which private folders are. */
const privateFolders = (pid: number): readonly string[] =>
  ["/dev/shm", tmpdir()].flatMap((folder) =>
    readdirSync(folder).filter((name) => name.startsWith(`home-ops-step-${String(pid)}-`)),
  );

describe("npm run diff, interrupted", () => {
  let fixture: TreeFixture;
  let cache: string;
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), "diff-test-"));
    fixture = new TreeFixture().write({ "cluster/flux/config/cluster.yaml": configFile() });
    const git = (...words: readonly string[]): unknown =>
      execFileSync("git", [
        "-C",
        fixture.root,
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.org",
        ...words,
      ]);
    git("init", "--quiet");
    git("add", ".");
    git("commit", "--quiet", "--message=one");
  });
  afterEach(() => {
    fixture.remove();
    rmSync(cache, { recursive: true, force: true });
  });

  /** In place of cluster-build: notes its number when it has begun, and ends only with who called it. */
  function hangingProgram(): string {
    const begun = join(cache, "begun");
    mkdirSync(begun);
    const found = programOf("cluster-build");
    assert.ok(found);
    const path = join(
      groupFolder(cacheRoot({ XDG_CACHE_HOME: cache }), ownRecipes, found.group),
      "cluster-build",
    );
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(
      path,
      `#!/bin/sh\ntouch "${begun}/$$"\nwhile kill -0 $PPID 2> /dev/null; do sleep 1; done\n`,
    );
    chmodSync(path, 0o755);
    return begun;
  }

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("leaves nothing behind after %s", async (signal, status) => {
    const begun = hangingProgram();
    const watcher = watch(begun);
    const child = spawn(process.execPath, [command, "HEAD"], {
      cwd: fixture.root,
      env: { ...process.env, XDG_CACHE_HOME: cache },
      stdio: "ignore",
    });
    const ended = once(child, "exit");
    await once(watcher, "change");
    watcher.close();
    expect(privateFolders(child.pid ?? 0).length).toBe(1);
    child.kill(signal);
    expect(await ended).toStrictEqual([status, null]);
    expect(privateFolders(child.pid ?? 0)).toStrictEqual([]);
  });
});
