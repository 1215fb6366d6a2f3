import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { fixtures, readFixture, runFixture } from "./fixture.ts";

const invalid = globSync("invalid/*.yaml", { cwd: fixtures }).sort();
const valid = globSync("valid/*.yaml", { cwd: fixtures }).sort();

describe("invalid stack config", () => {
  it.each(invalid)("%s gives exactly its messages", async (file) => {
    const { fixture } = readFixture(file);
    const { assembled, messages, leaked } = await runFixture(file);
    assert.ok("problems" in assembled, "it was accepted");
    expect(messages).toStrictEqual(fixture.expect);
    assert.equal(leaked, false, "a private key is in a message");
  });

  it("has one file for each rule, and one with many mistakes", () => {
    const counts = invalid.map((file) => ({ file, count: readFixture(file).fixture.expect?.length ?? 0 }));
    const many = counts.filter(({ count }) => count !== 1);
    expect(many.map(({ file }) => file)).toStrictEqual(["invalid/many.yaml"]);
    expect(invalid.length).toBeGreaterThan(70);
  });
});

describe("valid stack config", () => {
  it.each(valid)("%s is accepted", async (file) => {
    const { fixture } = readFixture(file);
    const { assembled, messages } = await runFixture(file);
    expect(messages).toStrictEqual([]);
    assert.ok("config" in assembled);
    expect(assembled.config.warnings).toStrictEqual(fixture.warnings ?? []);
  });

  it("derives images, roles and endpoint, and fills in defaults", async () => {
    const { assembled } = await runFixture("valid/base.yaml");
    assert.ok("config" in assembled);
    const { cluster, nodes, controlPlanes, workers, patches, protect, git, ageKey } = assembled.config;
    const image = "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba:v1.13.9";
    expect(cluster.endpoint).toBe("https://192.0.2.10:6443");
    expect(nodes[0]?.installerImage).toBe(`factory.talos.dev/metal-installer/${image}`);
    expect(controlPlanes.map(({ name }) => name)).toStrictEqual(["k8s-1", "k8s-2", "k8s-3"]);
    expect(workers.map(({ name }) => name)).toStrictEqual(["k8s-4"]);
    expect(patches).toStrictEqual({ common: [], controlplane: [], worker: [] });
    expect(protect).toBe(true);
    expect([git.url, git.host, git.port, git.branch]).toStrictEqual([
      "ssh://git@github.com/home/home-cluster.git",
      "github.com",
      22,
      "main",
    ]);
    assert.ok(ageKey.recipients[0]?.startsWith("age1") && ageKey.identity.startsWith("AGE-SECRET-KEY-1"));
  });

  it("takes a node's own schematic id and patches, and leaves the other lists of patches empty", async () => {
    const { assembled } = await runFixture("valid/single-machine.yaml");
    assert.ok("config" in assembled);
    const [node] = assembled.config.controlPlanes;
    expect(node.installerImage).toMatch(/metal-installer\/ce4c9805[0-9a-f]{56}:v1\.13\.9$/);
    expect(node.patches).toStrictEqual([{ machine: { nodeLabels: { gpu: "true" } } }]);
    expect(assembled.config.patches.common).toStrictEqual([]);
    expect(assembled.config.patches.controlplane.length).toBe(1);
  });

  it("uses the stack's Git URL and host keys instead of the tree's", async () => {
    const { assembled } = await runFixture("valid/lab.yaml");
    assert.ok("config" in assembled);
    const { git, protect } = assembled.config;
    expect([git.host, git.port, git.knownHosts.length, protect]).toStrictEqual([
      "127.10.207.2",
      2222,
      1,
      false,
    ]);
  });
});
