import assert from "node:assert/strict";
import { describe, expect, it } from "@jest/globals";
import { configuredMachines } from "../../src/config/configuredMachines.ts";
import { reachedMachines, readMachines } from "../../src/config/lastRun.ts";
import type { Node } from "../../src/config/config.ts";
import { testConfig } from "../graph/program.ts";

describe("machines in the outputs", () => {
  it("are read back as they were written", () => {
    const [first] = testConfig().nodes;
    assert.ok(first);
    const node = (name: string, change: Partial<Node> = {}): Node => ({ ...first, name, ...change });
    const nodes = [node("k8s-1"), node("k8s-2", { role: "worker", generation: 12 })];
    const gone = [node("k8s-3", { generation: 2 }), node("k8s-4")];
    const texts = reachedMachines(testConfig({ nodes, gone }));
    expect(texts["k8s-1"]).toBe("controlplane 192.0.2.11");
    expect(readMachines(texts)).toStrictEqual(
      [...nodes, ...gone].map(({ name, address, role, generation }) => ({
        name,
        address,
        role,
        generation,
        gone: name > "k8s-2",
      })),
    );
  });

  it("are none before a first run has finished", () => {
    expect(readMachines(undefined)).toBe(undefined);
    expect(readMachines(null)).toBe(undefined);
  });

  // Each of them was a worker without an address once, and the rules about moves went by it.
  for (const text of [
    "control-plane 192.0.2.11",
    "worker",
    "worker 192.0.2.21, paused",
    "worker 192.0.2.21, gone, generation 2",
    "worker k8s-2.example.org",
    { role: "worker", address: "192.0.2.21" },
    7,
  ])
    it(`are refused in a form that is not known: ${JSON.stringify(text)}`, () => {
      expect(() => readMachines({ "k8s-1": "controlplane 192.0.2.11", "k8s-2": text })).toThrow(
        /^the stack's output machines\.k8s-2 is .*; nothing has been touched\n {2}→ use the version/s,
      );
    });

  it("are refused as anything but texts by name", () => {
    expect(() => readMachines(["worker 192.0.2.21"])).toThrow(/the stack's output machines is \[/);
    expect(() => readMachines("worker 192.0.2.21")).toThrow(/the stack's output machines is worker/);
  });
});

describe("machines in the state", () => {
  const type = "talos:machine/configurationApply:ConfigurationApply";
  const urn = (name: string): string => `urn:pulumi:home::home-ops::home-ops:talos:Machines$x::talos-${name}`;

  it("are those with a config, with or without their step as members", () => {
    expect(
      configuredMachines({
        [urn("secrets")]: { type: "talos:machine/secrets:Secrets", outputs: {} },
        [urn("k8s-1-config")]: { type, outputs: { node: "192.0.2.11" } },
        [urn("k8s-1-member")]: { type: "command:local:Command", outputs: {} },
        [urn("k8s-2-config")]: { type, outputs: { node: "192.0.2.21" } },
        [urn("a-config-config")]: { type, outputs: { node: "192.0.2.22" } },
        [urn("k8s-3-member")]: { type: "command:local:Command", outputs: {} },
      }),
    ).toStrictEqual([
      { name: "k8s-1", address: "192.0.2.11", isMember: true },
      { name: "k8s-2", address: "192.0.2.21", isMember: false },
      { name: "a-config", address: "192.0.2.22", isMember: false },
    ]);
  });
});
