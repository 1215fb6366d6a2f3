// npm run diff on a small repository, with the real cluster-build. No lab: it is here because the program has to be built.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { ClusterDiff } from "../../commands/diff/types.ts";
import { configMap, kustomization } from "../commands/tree/treeFixture.ts";
import { ClusterBuilder } from "./clusterBuilder.ts";

const command = join(import.meta.dirname, "../../commands/diff.ts");
const builder = new ClusterBuilder();
beforeAll(() => builder.start());
beforeEach(() => {
  builder.begin();
  builder.fixture.write({
    ".gitignore": "*.local.yaml\n",
    "cluster/flux/apps.yaml": kustomization("app", "./cluster/app", "  targetNamespace: default"),
    "cluster/app/kustomization.yaml": "resources: [config.yaml]\ncomponents: [../part]\n",
    "cluster/app/config.yaml": configMap("config", "{a: b}"),
    "cluster/part/kustomization.yaml":
      "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonAnnotations: {part: one}\n",
  });
  git("init", "--quiet", "--initial-branch=main");
  commit();
});
afterEach(() => {
  builder.end();
});

function git(...words: readonly string[]): string {
  const who = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
  return execFileSync("git", ["-C", builder.fixture.root, ...who, ...words], { encoding: "utf8" });
}

function commit(): void {
  git("add", "--all");
  git("commit", "--quiet", "--message=change");
}

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(...words: readonly string[]): Run {
  return spawnSync(process.execPath, [command, ...words], { cwd: builder.fixture.root, encoding: "utf8" });
}

describe("npm run diff", () => {
  it("ends with 0 where only what Git ignores, or nothing that is applied, has changed", () => {
    builder.fixture.write({ "cluster/flux/x.local.yaml": configMap("x", "{}"), "README.md": "new\n" });
    const { status, stdout } = run("HEAD");
    expect(stdout).toBe("HEAD → the working tree: nothing that Flux applies changes.\n");
    expect(status).toBe(0);
  });

  it("shows as deleted what Flux does not fetch any more, and what goes with it", () => {
    builder.fixture.write({
      "cluster/app/kustomization.yaml": "resources: [config.yaml, claim.yaml]\ncomponents: [../part]\n",
      "cluster/app/claim.yaml": "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\n",
    });
    commit();
    builder.fixture.write({ ".sourceignore": "/docs\n/cluster/flux/apps.yaml\n" });
    const { status, stdout, stderr } = run("main", "--json");
    assert.equal(status, 1, stderr);
    const { losses, kustomizations } = JSON.parse(stdout) as ClusterDiff;
    expect(losses).toStrictEqual(["PersistentVolumeClaim default/data is deleted, and perhaps its data"]);
    expect(
      kustomizations
        .flatMap(({ objects }) => objects.map(({ name, note }) => `${name} ${note ?? ""}`))
        .sort(),
    ).toStrictEqual([
      "ConfigMap default/config is deleted from the cluster",
      "Kustomization flux-system/app is deleted from the cluster",
      "PersistentVolumeClaim default/data is deleted from the cluster",
    ]);
  });

  it("shows what a component changes in the objects, and touches nothing", () => {
    builder.fixture.write({
      "cluster/part/kustomization.yaml":
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonAnnotations: {part: two}\n",
      "cluster/app/new.yaml": configMap("new", "{}"),
    });
    const before = [git("status", "--porcelain"), readFileSync(join(builder.fixture.root, ".git/index"))];
    const { status, stdout, stderr } = run("main", "--json");
    assert.equal(status, 1, stderr);
    const diff = JSON.parse(stdout) as ClusterDiff;
    expect(diff.kustomizations).toStrictEqual([
      {
        name: "flux-system/app",
        path: "cluster/app",
        state: "changed",
        suspended: false,
        objects: [
          {
            name: "ConfigMap default/config",
            state: "changed",
            file: "cluster/app/config.yaml",
            diffs: [{ title: "", diff: " metadata:\n   annotations:\n-    part: one\n+    part: two" }],
          },
        ],
      },
    ]);
    expect([
      git("status", "--porcelain"),
      readFileSync(join(builder.fixture.root, ".git/index")),
    ]).toStrictEqual(before);
  });

  it("compares two commits, in Markdown, from a tree of another name", () => {
    git("mv", "cluster", "home");
    for (const file of ["home/flux/config/cluster.yaml", "home/flux/apps.yaml"]) {
      const text = readFileSync(join(builder.fixture.root, file), "utf8");
      builder.fixture.write({ [file]: text.replaceAll("./cluster", "./home") });
    }
    commit();
    builder.fixture.write({ "home/app/config.yaml": configMap("other", "{a: b}") });
    commit();
    const { status, stdout, stderr } = run("HEAD~1", "--to", "HEAD", "--tree", "home", "--markdown");
    assert.equal(status, 1, stderr);
    expect(stdout).toMatch(/^### HEAD~1 → HEAD: 1 Kustomization, 1 added, 1 removed\n/);
    expect(stdout).toMatch(/- <code>- ConfigMap default\/config — is deleted from the cluster<\/code>/);
  });

  it("ends with 2 where the new side does not build, and says what is known", () => {
    rmSync(join(builder.fixture.root, "cluster/app/config.yaml"));
    builder.fixture.write({ "cluster/flux/more.yaml": configMap("more", "{}", "flux-system") });
    const { status, stdout } = run("HEAD");
    expect(status).toBe(2);
    const lines = stdout.split("\n");
    expect(lines[0]).toBe(
      "warning: the working tree: flux-system/app does not build, nothing is known of it and what is below it:" +
        " cluster/app/kustomization.yaml: cluster/app/config.yaml is named, but is not there",
    );
    expect(lines[1]).toBe("HEAD → the working tree: 1 Kustomization, 1 added");
  });

  it.each([
    [
      "no such commit",
      ["nowhere"],
      /^there is no commit nowhere in \S+\n {2}→ name one that git log shows\n$/,
    ],
    ["a commit that looks like an option", ["--", "--output=x"], /^there is no commit --output=x in /],
    ["no such tree", ["HEAD", "--tree", "gone"], /^there is no folder \S+\/gone\n {2}→ correct its name\n$/],
  ] as const)("ends with 2 and one message where there is %s", (_what, words, message) => {
    const { status, stdout, stderr } = run(...words);
    expect(stderr).toMatch(message);
    expect(stdout).toBe("");
    expect(status).toBe(2);
  });

  it("says where a commit has no tree", () => {
    git("mv", "cluster", "elsewhere");
    commit();
    git("mv", "elsewhere", "cluster");
    const { status, stderr } = run("HEAD");
    expect(stderr).toBe("there is no cluster in HEAD\n");
    expect(status).toBe(2);
  });
});
