import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { configuredMachines } from "../../src/config/configuredMachines.ts";
import { lastRunOf, reachedMachines } from "../../src/config/lastRun.ts";
import { readReached } from "../../src/config/reached.ts";
import type { Node } from "../../src/config/config.ts";
import { testConfig } from "../graph/program.ts";

describe("machines in the outputs", () => {
  const [first] = testConfig().nodes;
  assert.ok(first);
  const node = (name: string, change: Partial<Node> = {}): Node => ({ ...first, name, ...change });
  const nodes = [node("k8s-1"), node("k8s-2", { role: "worker", generation: 12 })];
  const gone = [node("k8s-3", { generation: 2 }), node("k8s-4")];
  const left = [...nodes, ...gone].map(({ name, address, role, generation }) => ({
    name,
    address,
    role,
    generation,
    gone: name > "k8s-2",
  }));

  it("are read back as they were written", () => {
    const machines = reachedMachines(testConfig({ nodes, gone }));
    expect(machines["k8s-2"]).toStrictEqual({
      role: "worker",
      address: "192.0.2.11",
      generation: 12,
      gone: false,
    });
    expect(readReached({ machines }).machines).toStrictEqual(left);
  });

  it("are read in the form that older versions of the program left", () => {
    const machines = {
      "k8s-1": "controlplane 192.0.2.11",
      "k8s-2": "worker 192.0.2.11, generation 12",
      "k8s-3": "controlplane 192.0.2.11, generation 2, gone",
      "k8s-4": "controlplane 192.0.2.11, gone",
    };
    expect(readReached({ machines }).machines).toStrictEqual(left);
  });

  it("are none before a first run has finished", () => {
    expect(readReached({})).toStrictEqual({ machines: undefined, versions: {} });
    expect(readReached({ machines: null, versions: null })).toStrictEqual({
      machines: undefined,
      versions: {},
    });
  });

  // Each of the texts was a worker without an address once, and the rules about moves went by it.
  const worker = { role: "worker", address: "192.0.2.21", generation: 1, gone: false };
  for (const machine of [
    "control-plane 192.0.2.11",
    "worker",
    "worker 192.0.2.21, paused",
    "worker 192.0.2.21, gone, generation 2",
    "worker k8s-2.example.org",
    { role: "worker", address: "192.0.2.21" },
    { ...worker, role: "etcd" },
    { ...worker, generation: 0 },
    { ...worker, paused: true },
    7,
    null,
  ])
    it(`are refused in a form that is not known: ${JSON.stringify(machine)}`, () => {
      expect(() =>
        readReached({ machines: { "k8s-1": "controlplane 192.0.2.11", "k8s-2": machine } }),
      ).toThrow(
        /^the stack's output machines\.k8s-2 is .*; nothing has been touched\n {2}→ use the version/s,
      );
    });

  it("are refused as anything but machines by name", () => {
    expect(() => readReached({ machines: ["worker 192.0.2.21"] })).toThrow(
      /the stack's output machines is \[/,
    );
    expect(() => readReached({ machines: "worker 192.0.2.21" })).toThrow(
      /the stack's output machines is worker/,
    );
  });
});

describe("versions in the outputs", () => {
  const versions = { talos: "v1.12.0", kubernetes: "v1.35.4", ciliumChart: "kept" };

  it("are read as they are, also what this version of the program does not know", () => {
    expect(readReached({ versions: { ...versions, coredns: "1.14" } }).versions).toStrictEqual({
      ...versions,
      coredns: "1.14",
    });
  });

  it("are refused in another form", () => {
    expect(() => readReached({ versions: { ...versions, talos: { installed: "v1.12.0" } } })).toThrow(
      /^the stack's output versions\.talos is \{"installed":"v1\.12\.0"\}, expected is by name one text/,
    );
    expect(() => readReached({ versions: "v1.12.0" })).toThrow(/the stack's output versions is v1\.12\.0/);
  });
});

describe("the last run", () => {
  it("of the kept state is understood", () => {
    const file = join(import.meta.dirname, "../e2e/keptState/319565d.json");
    const { outputs } = JSON.parse(readFileSync(file, "utf8").replaceAll("{{network}}", "127.10.52")) as {
      readonly outputs: Readonly<Record<string, unknown>>;
    };
    const { machines, versions } = lastRunOf({ outputs, resources: {} });
    expect(machines).toStrictEqual([
      { name: "k8s-1", role: "controlplane", address: "127.10.52.11", generation: 1, gone: false },
      { name: "k8s-2", role: "worker", address: "127.10.52.21", generation: 1, gone: false },
    ]);
    expect(versions.kubernetes).toBe("v1.35.4");
  });

  it("in an unknown form stops the program with one message", () => {
    expect(() => lastRunOf({ outputs: { machines: { "k8s-1": "worker" } }, resources: {} })).toThrow(
      expect.objectContaining({
        name: "Error",
        message: expect.stringMatching(/^the stack's output machines\.k8s-1 is worker, expected is by name/),
        __pulumiRunError: true,
      }),
    );
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
