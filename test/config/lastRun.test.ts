import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { reachedMachines, readMachine } from "../../src/config/lastRun.ts";
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
    assert.equal(texts["k8s-1"], "controlplane 192.0.2.11");
    assert.deepEqual(
      Object.entries(texts).map(([name, text]) => readMachine(name, text)),
      [...nodes, ...gone].map(({ name, address, role, generation }) => ({
        name,
        address,
        role,
        generation,
        gone: name > "k8s-2",
      })),
    );
  });
});
