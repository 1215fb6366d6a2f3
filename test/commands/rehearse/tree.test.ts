// What is committed and what is in the working tree, and the tree that a lab can run.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { parse } from "yaml";
import { committedFile, exportCommitted, exportWorking } from "../../../commands/git.ts";
import { differingFiles, exampleOf, prepareTree } from "../../../commands/rehearse/tree.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rehearse-test-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

const read = (file: string): string => readFileSync(join(folder, file), "utf8");

function git(...args: string[]): string {
  return execFileSync("git", ["-C", join(folder, "home"), ...args], { encoding: "utf8" });
}

describe("the two sides of a rehearsal", () => {
  beforeEach(() => {
    write("home/Pulumi.home.yaml", "one\n");
    write("home/.gitignore", "*.log\n");
    write("home/cluster/a.yaml", "a: 1\n");
    write("home/cluster/sub/b.yaml", "b: 1\n");
    git("init", "--quiet");
    git("config", "user.email", "me@home.example");
    git("config", "user.name", "me");
    git("add", ".");
    git("commit", "--quiet", "--message", "one");
    write("home/Pulumi.home.yaml", "two\n");
    write("home/cluster/a.yaml", "a: 2\n");
    rmSync(join(folder, "home/cluster/sub/b.yaml"));
    write("home/cluster/c.yaml", "c: 1\n");
    write("home/cluster/d.log", "ignored\n");
  });
  const tree = (): string => join(folder, "home/cluster");

  it("are what the commit has and what would be committed now", () => {
    const before = git("status", "--porcelain");
    exportCommitted(tree(), "HEAD", join(folder, "from"));
    exportWorking(tree(), join(folder, "to"));
    expect(committedFile(join(folder, "home/Pulumi.home.yaml"), "HEAD")).toBe("one\n");
    expect(read("from/a.yaml")).toBe("a: 1\n");
    expect(read("to/a.yaml")).toBe("a: 2\n");
    expect(differingFiles(join(folder, "from"), join(folder, "to"))).toStrictEqual([
      "a.yaml",
      "c.yaml",
      "sub/b.yaml",
    ]);
    expect(!existsSync(join(folder, "to/d.log"))).toBeTruthy();
    assert.equal(git("status", "--porcelain"), before, "the repository is as it was");
  });

  it("name the commit that is not there, and the file that is not in it", () => {
    const file = join(folder, "home/Pulumi.new.yaml");
    expect(() => committedFile(file, "nowhere")).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/there is no commit nowhere in .*home$/),
        todo: expect.stringMatching(/git log/),
      }),
    );
    expect(() => committedFile(file, "HEAD")).toThrow(/Pulumi\.new\.yaml is not in the commit HEAD/);
    write("outside/Pulumi.home.yaml", "");
    expect(() => committedFile(join(folder, "outside/Pulumi.home.yaml"), "HEAD")).toThrow(
      /is in no Git repository/,
    );
  });
});

const secret = `apiVersion: v1
kind: Secret
metadata:
  name: cluster-secrets
stringData:
  DOMAIN: ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]
  TOKEN: ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]
data:
  key: ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]
sops:
  age: [{ recipient: age1home, enc: x }]
`;

describe("prepareTree", () => {
  const flux = `# Which Flux.
kind: OCIRepository
spec:
  ref:
    tag: v2.9.4 # this one
---
kind: Kustomization
`;
  const cluster = "kind: GitRepository\nspec:\n  ref:\n    branch: trunk\n";
  beforeEach(() => {
    write("tree/flux/config/flux.yaml", flux);
    write("tree/flux/config/cluster.yaml", cluster);
    write("tree/flux/vars/cluster-secrets.sops.yaml", secret);
    write(
      "tree/flux/vars/cluster-secrets.sops.yaml.example",
      "stringData: { DOMAIN: home.example, OLD: x }\n",
    );
  });

  it("puts an example in the place of what only the home can read, with all of its keys", () => {
    prepareTree(join(folder, "tree"), "v2.9.4");
    expect(!existsSync(join(folder, "tree/flux/vars/cluster-secrets.sops.yaml"))).toBeTruthy();
    expect(parse(read("tree/flux/vars/cluster-secrets.sops.yaml.example"))).toStrictEqual({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "cluster-secrets" },
      stringData: { DOMAIN: "home.example", TOKEN: "rehearsal.example" },
      data: { key: Buffer.from("rehearsal.example").toString("base64") },
    });
  });

  it("sets the version of Flux and the lab's branch, and nothing else", () => {
    prepareTree(join(folder, "tree"), "v2.7.3");
    expect(read("tree/flux/config/flux.yaml")).toBe(flux.replace("v2.9.4", "v2.7.3"));
    expect(read("tree/flux/config/cluster.yaml")).toBe(cluster.replace("trunk", "main"));
  });

  it("leaves a tree alone that suits the lab already", () => {
    write("tree/flux/config/cluster.yaml", "kind:   GitRepository\n");
    prepareTree(join(folder, "tree"), "v2.9.4");
    expect(read("tree/flux/config/flux.yaml")).toBe(flux);
    expect(read("tree/flux/config/cluster.yaml")).toBe("kind:   GitRepository\n");
  });
});

describe("exampleOf", () => {
  it("is nothing for a file of which not even the kind can be read", () => {
    expect(exampleOf(secret.replace("kind: Secret", "kind: ENC[AES256_GCM,data:x]"), undefined)).toBe(
      undefined,
    );
  });
});
