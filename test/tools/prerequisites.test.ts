import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
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
    expect(problemsIn(good)).toStrictEqual([]);
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
    expect(problems.map((problem) => problem.split(": ")[0])).toStrictEqual([
      "Node is 18.19.1, needed is 20.0 or newer",
      "npm is missing",
      "Git is 2.25.1, needed is 2.30 or newer",
      "make is missing",
      "ssh is missing",
      "Go is 1.24.3, needed is 1.26 or newer",
      "free disk space at /home/you/.cache is 9 GB, needed are 25 GB (Go's caches, while programs are being built)",
    ]);
    for (const problem of problems) expect(problem).toMatch(/: (install|it comes|make room)/);
  });

  it("ask for Go and its caches' space only when something is to be built", () => {
    const facts = { ...good, toBuild: [], go: undefined };
    expect(problemsIn({ ...facts, freeGigabytes: 3 })).toStrictEqual([]);
    expect(problemsIn({ ...facts, freeGigabytes: 2 })).toStrictEqual([
      "free disk space at /home/you/.cache is 2 GB, needed are 3 GB: make room",
    ]);
  });

  it("ask for less space when a part has been built", () => {
    expect(neededDisk(groups)).toBe(minimum.diskToBuild);
    expect(neededDisk([])).toBe(minimum.diskBuilt);
    expect(neededDisk(groups.slice(0, 3))).toBeLessThan(minimum.diskToBuild / 2);
  });

  it("say what a Mac needs", () => {
    expect(problemsIn({ ...good, platform: "darwin" })[0] ?? "").toMatch(
      /^this system is macOS; needed is Linux/,
    );
  });

  it("compare versions by number", () => {
    expect(atLeast("2.100.1", "2.30")).toBeTruthy();
    expect(atLeast("3.0", "2.30")).toBeTruthy();
    expect(!atLeast("1.9", "1.26")).toBeTruthy();
    expect(atLeast("1.26", "1.26")).toBeTruthy();
  });

  it("read versions out of what programs print", () => {
    expect(versionIn("git version 2.39.5 (Apple Git-154)")).toBe("2.39.5");
    expect(versionIn("go version go1.26rc1 linux/amd64")).toBe("1.26");
    expect(versionIn(undefined)).toBe(undefined);
  });

  it("know the groups that a lab's programs come from", () => {
    const names = labTools
      .filter((key) => !madeKeys.some((made) => made === key))
      .map((key) => programOf(key)?.group.name);
    expect([...groups].sort()).toStrictEqual([...new Set(names)].sort());
  });

  it("see in the cache which groups have been built", () => {
    const cache = mkdtempSync(join(tmpdir(), "tools-test-"));
    try {
      expect(groupsToBuild(join(cache, "absent"))).toStrictEqual(groups);
      for (const group of groups.slice(1)) mkdirSync(join(cache, `${group}-0123456789abcdef`));
      expect(groupsToBuild(cache)).toStrictEqual(groups.slice(0, 1));
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
      expect(run.status).toBe(1);
      expect(run.stderr).toMatch(
        /^5 things are missing before home-ops can start:\n\n {2}- npm is missing: /,
      );
      for (const name of ["Git >= 2.30", "make", "ssh", "Go >= 1.26"])
        expect(run.stderr).toContain(`  - ${name} is missing: `);
      expect(readdirSync(folder).sort()).toStrictEqual(["df", "sh"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
