import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { describe, it } from "node:test";
import { fixtures, readFixture, runFixture } from "./fixture.ts";

const invalid = globSync("invalid/*.yaml", { cwd: fixtures }).sort();
const valid = globSync("valid/*.yaml", { cwd: fixtures }).sort();

describe("invalid stack config", () => {
  for (const file of invalid)
    it(`${file} gives exactly its messages`, async () => {
      const { fixture } = readFixture(file);
      const { assembled, messages, leaked } = await runFixture(file);
      assert.ok("problems" in assembled, "it was accepted");
      assert.deepEqual(messages, fixture.expect);
      assert.equal(leaked, false, "a private key is in a message");
    });

  it("has one file for each rule, and one with many mistakes", () => {
    const counts = invalid.map((file) => ({ file, count: readFixture(file).fixture.expect?.length ?? 0 }));
    const many = counts.filter(({ count }) => count !== 1);
    assert.deepEqual(
      many.map(({ file }) => file),
      ["invalid/many.yaml"],
    );
    assert.ok(invalid.length > 70);
  });
});

describe("valid stack config", () => {
  for (const file of valid)
    it(`${file} is accepted`, async () => {
      const { fixture } = readFixture(file);
      const { assembled, messages } = await runFixture(file);
      assert.deepEqual(messages, []);
      assert.ok("config" in assembled);
      assert.deepEqual(assembled.config.warnings, fixture.warnings ?? []);
    });

  it("derives images, roles and endpoint, and fills in defaults", async () => {
    const { assembled } = await runFixture("valid/base.yaml");
    assert.ok("config" in assembled);
    const { cluster, nodes, controlPlanes, workers, patches, protect, git, ageKey } = assembled.config;
    const image = "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba:v1.13.9";
    assert.equal(cluster.endpoint, "https://192.0.2.10:6443");
    assert.equal(nodes[0]?.installerImage, `factory.talos.dev/metal-installer/${image}`);
    assert.deepEqual(
      controlPlanes.map(({ name }) => name),
      ["k8s-1", "k8s-2", "k8s-3"],
    );
    assert.deepEqual(
      workers.map(({ name }) => name),
      ["k8s-4"],
    );
    assert.deepEqual(patches, { common: [], controlplane: [], worker: [] });
    assert.equal(protect, true);
    assert.deepEqual(
      [git.url, git.host, git.port, git.branch],
      ["ssh://git@github.com/home/home-cluster.git", "github.com", 22, "main"],
    );
    assert.ok(ageKey.recipients[0]?.startsWith("age1") && ageKey.identity.startsWith("AGE-SECRET-KEY-1"));
  });

  it("takes a node's own schematic id and patches, and leaves the other lists of patches empty", async () => {
    const { assembled } = await runFixture("valid/single-machine.yaml");
    assert.ok("config" in assembled);
    const [node] = assembled.config.controlPlanes;
    assert.match(node.installerImage, /metal-installer\/ce4c9805[0-9a-f]{56}:v1\.13\.9$/);
    assert.deepEqual(node.patches, [{ machine: { nodeLabels: { gpu: "true" } } }]);
    assert.deepEqual(assembled.config.patches.common, []);
    assert.equal(assembled.config.patches.controlplane.length, 1);
  });

  it("uses the stack's Git URL and host keys instead of the tree's", async () => {
    const { assembled } = await runFixture("valid/lab.yaml");
    assert.ok("config" in assembled);
    const { git, protect } = assembled.config;
    assert.deepEqual([git.host, git.port, git.knownHosts.length, protect], ["127.10.207.2", 2222, 1, false]);
  });
});
