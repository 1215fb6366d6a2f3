import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { configChanges, listedIn, shownRefusal, shownSteps, tableFile, withTable } from "./configChanges.ts";
import { configKeys } from "./configKeys.ts";

const document = readFileSync(join(import.meta.dirname, "../..", tableFile), "utf8");

describe("the table of what a change of the stack config does", () => {
  it("has every key of the schema once, and no other", () => {
    const keys = configChanges.map(({ key }) => key);
    expect([...keys].sort()).toStrictEqual([...configKeys()].sort());
    assert.ok(configKeys().includes("nodes[].address") && configKeys().includes("git.knownHosts"));
  });

  it("stands in the docs as it is; what a preview lists there is the end-to-end test's matter", () => {
    const listed = listedIn(document);
    assert.deepEqual(
      Object.keys(listed),
      configChanges.map(({ key }) => key),
      "rows are missing: HOME_OPS_UPDATE=1 npm run test:e2e -- full configChanges makes them",
    );
    expect(withTable(document, listed)).toBe(document);
  });

  it("names steps by what they are, machines by a star", () => {
    const step = (op: string, name: string): { op: string; urn: string } => ({
      op,
      urn: `urn:pulumi:s::p::t::${name}`,
    });
    expect(shownSteps([step("same", "a")], [])).toBe("nothing");
    expect(
      shownSteps(
        [
          step("update", "talos-k8s-2-config"),
          step("update", "talos-k8s-1-config"),
          step("update", "cluster-etcd"),
          step("replace", "flux-secrets-deploy-key"),
          step("create-replacement", "flux-secrets-deploy-key"),
        ],
        ["k8s-1", "k8s-2"],
      ),
    ).toBe("replace: flux-secrets-deploy-key; update: cluster-etcd, talos-\\*-config");
  });

  it("shows a refusal by its key, without addresses and names of a lab", () => {
    const output = `Pulumi.test-small.yaml: 2 problems\n  nodes: two at once → do one\n  cluster.endpoint: https://127.10.3.11:6443 of test-small → write b|c\n`;
    expect(shownRefusal(output, "cluster.endpoint")).toBe(
      "refused: https://192.0.2.11:6443 of home → write b\\|c",
    );
    expect(shownRefusal("panic", "cluster.endpoint")).toBe(undefined);
  });
});
