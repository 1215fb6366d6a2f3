import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { Facts } from "../../tools/prerequisites.mjs";
import {
  atLeast,
  groups,
  groupsToBuild,
  minimum,
  neededDisk,
  problemsIn,
  versionIn,
} from "../../tools/prerequisites.mjs";
import { labTools, madeKeys, programOf } from "../../tools/programs.ts";

const good: Facts = {
  platform: "linux",
  node: "24.21.0",
  npm: "11.0.0",
  git: "2.39.5",
  make: "4.3",
  ssh: "9.2",
  go: "1.26.8",
  toBuild: groups,
  disk: "/home/you/.cache",
  freeGigabytes: 100,
};

describe("prerequisites", () => {
  it("find nothing wrong with a computer that has all", () => {
    assert.deepEqual(problemsIn(good), []);
  });

  it("name everything that is missing or too old at once", () => {
    const problems = problemsIn({
      ...good,
      node: "18.19.1",
      npm: undefined,
      git: "2.25.1",
      make: undefined,
      ssh: undefined,
      go: "1.24.3",
      freeGigabytes: 9,
    });
    assert.deepEqual(
      problems.map((problem) => problem.split(": ")[0]),
      [
        "Node is 18.19.1, needed is 20.0 or newer",
        "npm is missing",
        "Git is 2.25.1, needed is 2.30 or newer",
        "make is missing",
        "ssh is missing",
        "Go is 1.24.3, needed is 1.26 or newer",
        "free disk space at /home/you/.cache is 9 GB, needed are 25 GB (Go's caches, while programs are being built)",
      ],
    );
    for (const problem of problems) assert.match(problem, /: (install|it comes|make room)/);
  });

  it("ask for Go and its caches' space only when something is to be built", () => {
    const facts = { ...good, toBuild: [], go: undefined };
    assert.deepEqual(problemsIn({ ...facts, freeGigabytes: 3 }), []);
    assert.deepEqual(problemsIn({ ...facts, freeGigabytes: 2 }), [
      "free disk space at /home/you/.cache is 2 GB, needed are 3 GB: make room",
    ]);
  });

  it("ask for less space when a part has been built", () => {
    assert.equal(neededDisk(groups), minimum.diskToBuild);
    assert.equal(neededDisk([]), minimum.diskBuilt);
    assert.ok(neededDisk(groups.slice(0, 3)) < minimum.diskToBuild / 2);
  });

  it("say what a Mac needs", () => {
    assert.match(
      problemsIn({ ...good, platform: "darwin" })[0] ?? "",
      /^this system is macOS; needed is Linux/,
    );
  });

  it("compare versions by number", () => {
    assert.ok(atLeast("2.100.1", "2.30"));
    assert.ok(atLeast("3.0", "2.30"));
    assert.ok(!atLeast("1.9", "1.26"));
    assert.ok(atLeast("1.26", "1.26"));
  });

  it("read versions out of what programs print", () => {
    assert.equal(versionIn("git version 2.39.5 (Apple Git-154)"), "2.39.5");
    assert.equal(versionIn("go version go1.26rc1 linux/amd64"), "1.26");
    assert.equal(versionIn(undefined), undefined);
  });

  it("know the groups that a lab's programs come from", () => {
    const names = labTools
      .filter((key) => !madeKeys.some((made) => made === key))
      .map((key) => programOf(key)?.group.name);
    assert.deepEqual([...groups].sort(), [...new Set(names)].sort());
  });

  it("see in the cache which groups have been built", () => {
    const cache = mkdtempSync(join(tmpdir(), "tools-test-"));
    try {
      assert.deepEqual(groupsToBuild(join(cache, "absent")), groups);
      for (const group of groups.slice(1)) mkdirSync(join(cache, `${group}-0123456789abcdef`));
      assert.deepEqual(groupsToBuild(cache), groups.slice(0, 1));
    } finally {
      rmSync(cache, { recursive: true });
    }
  });

  const script = join(import.meta.dirname, "../../tools/prerequisites.mjs");

  it("end with status 1 and a list when something is missing", () => {
    const folder = mkdtempSync(join(tmpdir(), "tools-test-"));
    try {
      for (const name of ["df", "sh"])
        symlinkSync(execFileSync("which", [name], { encoding: "utf8" }).trim(), join(folder, name));
      const run = spawnSync(process.execPath, [script], {
        env: { PATH: folder, HOME: folder },
        encoding: "utf8",
      });
      assert.equal(run.status, 1);
      assert.match(run.stderr, /^5 things are missing before home-ops can start:\n\n {2}- npm is missing: /);
      for (const name of ["Git >= 2.30", "make", "ssh", "Go >= 1.26"])
        assert.ok(run.stderr.includes(`  - ${name} is missing: `), name);
      assert.deepEqual(readdirSync(folder).sort(), ["df", "sh"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
