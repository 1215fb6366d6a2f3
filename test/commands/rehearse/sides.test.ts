// Reading both sides of a rehearsal: from a repository, and from two where the tree has its own.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { parse, stringify } from "yaml";
import { readSides, type RehearsalRequest, type Sides } from "../../../commands/rehearse/sides.ts";

const flux = "cluster/flux/config/flux.yaml";
const project = join(import.meta.dirname, "../../..");

describe("readSides", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "sides-"));
    mkdirSync(join(folder, "home"));
    const { config } = parse(readFileSync(join(project, "Pulumi.home.yaml"), "utf8")) as { config: object };
    const versions = { talos: "v1.13.9", kubernetes: "v1.36.3", cilium: "1.20.1" };
    writeFileSync(stackFile(), stringify({ config: { ...config, "home-ops:versions": versions } }));
    for (const repository of ["home", "tree"]) {
      cpSync(join(project, "cluster"), join(folder, repository, "cluster"), { recursive: true });
      const file = join(folder, repository, flux);
      writeFileSync(file, readFileSync(file, "utf8").replace(/tag: v\S+/, "tag: v2.9.4"));
      git(repository, "init", "--quiet");
      commit(repository);
    }
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const stackFile = (): string => join(folder, "home", "Pulumi.home.yaml");
  const git = (repository: string, ...args: string[]): string =>
    execFileSync("git", ["-C", join(folder, repository), ...args], { encoding: "utf8" });

  function commit(repository: string): void {
    git(repository, "add", ".");
    const me = ["-c", "user.name=me", "-c", "user.email=me@home.example"];
    git(repository, ...me, "commit", "--quiet", "--allow-empty", "--message", "home");
  }

  function edit(file: string, from: string, to: string): void {
    const path = join(folder, file);
    const text = readFileSync(path, "utf8");
    assert.ok(text.includes(from), `${file} has ${from}`);
    writeFileSync(path, text.replace(from, to));
  }

  function read(request: Partial<RehearsalRequest> = {}): Sides {
    const all = { project: join(folder, "home"), stack: "home", stackFile: stackFile(), from: "HEAD" };
    return readSides({ ...all, treeFrom: "HEAD", ...request }, mkdtempSync(join(folder, "copies-")));
  }

  it("finds nothing where nothing differs", () => {
    const { sameStack, files, refusal } = read();
    expect({ sameStack, files, refusal }).toStrictEqual({ sameStack: true, files: [], refusal: undefined });
  });

  it("takes the committed versions and those of the working tree, Flux's from the tree", () => {
    edit("home/Pulumi.home.yaml", "talos: v1.13.9", "talos: v1.13.10");
    edit(`home/${flux}`, "tag: v2.9.4", "tag: v2.9.5");
    const { from, to, sameStack, files, refusal } = read();
    const rest = { kubernetes: "v1.36.3", cilium: "1.20.1" };
    expect(from.versions).toStrictEqual({ ...rest, talos: "v1.13.9", flux: "v2.9.4" });
    expect(to.versions).toStrictEqual({ ...rest, talos: "v1.13.10", flux: "v2.9.5" });
    expect(sameStack).toBe(false);
    expect(files).toStrictEqual(["flux/config/flux.yaml"]);
    expect(refusal).toBe(undefined);
  });

  it("begins at another commit", () => {
    edit("home/Pulumi.home.yaml", "talos: v1.13.9", "talos: v1.13.10");
    commit("home");
    expect(read().sameStack).toBe(true);
    expect(read({ from: "HEAD~1" }).from.versions.talos).toBe("v1.13.9");
  });

  it("takes a tree of another repository at a commit of its own", () => {
    const { config } = parse(readFileSync(stackFile(), "utf8")) as { config: Record<string, unknown> };
    config["home-ops:tree"] = "../tree/cluster";
    writeFileSync(stackFile(), stringify({ config }));
    commit("home");
    edit(`tree/${flux}`, "tag: v2.9.4", "tag: v2.9.5");
    commit("tree");
    expect(read().files).toStrictEqual([]);
    // The stack's repository has no such commit of its own that would fit.
    expect(read({ treeFrom: "HEAD~1" }).from.versions.flux).toBe("v2.9.4");
    expect(read({ treeFrom: "HEAD~1" }).files).toStrictEqual(["flux/config/flux.yaml"]);
  });

  it("only takes the working tree where it is to be built alone", () => {
    edit("home/Pulumi.home.yaml", "talos: v1.13.9", "talos: v1.13.10");
    const { from, to } = read({ from: undefined });
    expect(from).toBe(to);
    expect(to.versions.talos).toBe("v1.13.10");
  });

  it("says what the program would refuse: a stack config, a tree, a way", () => {
    edit("home/Pulumi.home.yaml", "kubernetes: v1.36.3", "kubernetes: v1.35.8");
    expect(read().refusal ?? "").toMatch(/versions\.kubernetes: the cluster has Kubernetes v1\.36\.3/);
    edit("home/Pulumi.home.yaml", "kubernetes: v1.35.8", "kubernetes: v1.37.0");
    expect(read().refusal ?? "").toMatch(/versions\.kubernetes: v1\.37\.0 is newer than 1\.36/);
    git("home", "checkout", "--quiet", ".");
    edit("home/cluster/apps/default/podinfo/app/helmrelease.yaml", "spec:", "spec:\n  nothing: ${NOTHING}");
    expect(read().refusal ?? "").toMatch(/tree: .*uses \$\{NOTHING\}, which nothing defines/);
  });

  it("cannot begin at what is wrong already", () => {
    edit("home/Pulumi.home.yaml", "kubernetes: v1.36.3", "kubernetes: v1.37.0");
    commit("home");
    expect(() => read()).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/what the rehearsal begins with cannot be built: .*\n.*v1\.37\.0 /),
        todo: expect.stringMatching(/--from/),
      }),
    );
    expect(() => read({ stackFile: join(folder, "home/Pulumi.no.yaml") })).toThrow(
      /Pulumi\.no\.yaml is not there/,
    );
  });
});
