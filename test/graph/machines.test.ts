// What the program registers for machines that come, go, and are made anew.
import assert from "node:assert/strict";
import { describe, expect, it } from "@jest/globals";
import type { LastRun } from "../../src/config/reached.ts";
import type { Config, Node } from "../../src/config/config.ts";
import { homeOps } from "../../src/program.ts";
import { deploy, waitsFor, type Registration } from "./deploy.ts";
import { answers, testConfig } from "./program.ts";

const [template] = testConfig().nodes;

function machine(name: string, role: Node["role"], change: Partial<Node> = {}): Node {
  assert.ok(template);
  return { ...template, name, role, address: `192.0.2.${name.replace("k8s-", "3")}`, ...change };
}

async function registered(
  nodes: readonly Node[],
  gone: readonly Node[] = [],
  lastRun: LastRun = { versions: {} },
): Promise<readonly Registration[]> {
  const ofRole = (role: Node["role"]): Node[] => nodes.filter((node) => node.role === role);
  const controlPlanes = ofRole("controlplane") as unknown as Config["controlPlanes"];
  const config = testConfig({ nodes, gone, lastRun, controlPlanes, workers: ofRole("worker") });
  return deploy(() => {
    homeOps(config);
  }, answers);
}

const find = (found: readonly Registration[], name: string): Registration => {
  const registration = found.find((candidate) => candidate.name === name);
  assert.ok(registration, `${name} is registered`);
  return registration;
};

const inputsOf = (found: readonly Registration[], name: string): Readonly<Record<string, string>> =>
  find(found, name).inputs["environment"] as Readonly<Record<string, string>>;

describe("machines of a cluster", () => {
  const three = [1, 2, 3].map((index) => machine(`k8s-${String(index)}`, "controlplane"));

  it("get their configs one control plane after the other, each when the one before it is whole", async () => {
    const found = await registered([...three, machine("k8s-4", "worker"), machine("k8s-5", "worker")]);
    expect(waitsFor(found, "talos-k8s-2-config").has("talos-k8s-1-member")).toBeTruthy();
    expect(waitsFor(found, "talos-k8s-3-config").has("talos-k8s-2-member")).toBeTruthy();
    expect(waitsFor(found, "talos-k8s-4-config").has("talos-k8s-3-member")).toBeTruthy();
    expect(waitsFor(found, "talos-k8s-5-config").has("talos-k8s-4-member")).toBeTruthy();
  });

  it("leave before they are wiped, and not when the cluster goes as a whole", async () => {
    const member = find(await registered(three), "talos-k8s-3-member");
    expect(member.inputs["delete"]).toBe("node src/step.ts remove-machine");
    // Deletes go against the dependencies.
    expect(member.dependencies).toContain("talos-k8s-3-config");
    expect(member.deletedWith).toBe("talos-secrets");
  });

  it("need no other input for the first generation, and say every later one", async () => {
    const first = await registered(three);
    expect(JSON.stringify(find(first, "talos-k8s-3-config").inputs)).not.toMatch(/generation/);
    expect(inputsOf(first, "cluster-nodes-ready")["NODES"] ?? "").not.toMatch(/generation/);
    const again = await registered([
      ...three.slice(0, 2),
      machine("k8s-3", "controlplane", { generation: 2 }),
    ]);
    expect(JSON.stringify(find(again, "talos-k8s-3-config").inputs["configPatches"])).toMatch(
      /home-ops\.dev\/generation/,
    );
    expect(inputsOf(again, "talos-k8s-3-os")["GENERATION"]).toBe("2");
    expect(inputsOf(again, "cluster-nodes-ready")["NODES"] ?? "").toMatch(/"generation":2/);
    expect(inputsOf(again, "cluster-etcd")["CONTROL_PLANES"] ?? "").toMatch(/"generation":2/);
  });

  it("tell the wait for the nodes what is declared of each Node, and no more", async () => {
    const taints = { machine: { nodeTaints: { dedicated: "gpu:NoSchedule" } } };
    const nodes = [...three, machine("k8s-4", "worker", { patches: [taints] })];
    const [first] = three;
    assert.ok(first);
    const config = testConfig({
      nodes,
      controlPlanes: three as unknown as Config["controlPlanes"],
      workers: nodes.slice(3),
      patches: {
        common: [{ machine: { sysctls: { "vm.swappiness": "1" } } }],
        controlplane: [],
        worker: [{ machine: { nodeLabels: { "node-role.kubernetes.io/worker": "" } } }],
      },
    });
    const found = await deploy(() => {
      homeOps(config);
    }, answers);
    const told = JSON.parse(inputsOf(found, "cluster-nodes-ready")["NODES"] ?? "") as readonly object[];
    expect(told[0]).toStrictEqual({ name: first.name, address: first.address });
    expect(told[3]).toStrictEqual({
      name: "k8s-4",
      address: "192.0.2.34",
      labels: { "node-role.kubernetes.io/worker": "" },
      taints: { dedicated: "gpu:NoSchedule" },
    });
  });

  it("are updated in place at another address: nothing that could not ask them resets them", async () => {
    const config = find(await registered(three), "talos-k8s-3-config");
    expect(config.replaceOnChanges).toStrictEqual([]);
    // What decides comes first, and waits for a look at all of them.
    const found = await registered([
      ...three.slice(0, 2),
      machine("k8s-3", "controlplane", { address: "192.0.2.99" }),
    ]);
    expect(find(found, "talos-k8s-3-config").inputs["node"]).toBe("192.0.2.99");
    const before = waitsFor(found, "talos-k8s-3-config");
    assert.ok(before.has("talos-k8s-3-os") && before.has("talos-k8s-3-inspect"));
    expect(waitsFor(found, "talos-k8s-3-os").has("talos-k8s-1-inspect")).toBeTruthy();
  });

  it("get nothing new when they are gone: of one that a failed destroy has left in part the rest stays away", async () => {
    const names = async (configured: LastRun["configured"]): Promise<readonly string[]> => {
      const found = await registered(three.slice(0, 2), three.slice(2), { versions: {}, configured });
      return found.flatMap(({ name }) => (name.startsWith("talos-k8s-3-") ? [name] : [])).sort();
    };
    const address = "192.0.2.33";
    expect(await names([{ name: "k8s-3", address, isMember: true }])).toStrictEqual([
      "talos-k8s-3-config",
      "talos-k8s-3-gone",
      "talos-k8s-3-member",
    ]);
    expect(await names([{ name: "k8s-3", address, isMember: false }])).toStrictEqual([
      "talos-k8s-3-config",
      "talos-k8s-3-gone",
    ]);
    expect(await names([])).toStrictEqual(["talos-k8s-3-gone"]);
  });

  it("are forgotten when they are gone: nothing is sent to them, nothing waits for them", async () => {
    const found = await registered(three.slice(0, 2), three.slice(2));
    for (const name of ["talos-k8s-3-config", "talos-k8s-3-member"]) {
      expect(find(found, name).ignoreChanges).toStrictEqual(["*"]);
      expect(find(found, name).retainOnDelete).toBe(true);
    }
    const names = found.map(({ name }) => name);
    assert.ok(!names.includes("talos-k8s-3-os") && !names.includes("talos-k8s-3-inspect"));
    expect(find(found, "talos-k8s-3-gone").inputs["create"]).toBe("node src/step.ts forget-machine");
    expect(waitsFor(found, "talos-prepare").has("talos-k8s-3-gone")).toBeTruthy();
    expect(inputsOf(found, "cluster-nodes-ready")["NODES"] ?? "").not.toMatch(/k8s-3/);
  });

  it("give the steps a talosconfig without addresses, so that another control plane changes none of them", async () => {
    const texts = await Promise.all(
      [three, three.slice(0, 2)].map(async (nodes) => {
        const { TALOSCONFIG_TEXT } = inputsOf(await registered(nodes), "talos-k8s-1-inspect");
        return JSON.stringify(TALOSCONFIG_TEXT);
      }),
    );
    expect(texts[0]).toBe(texts[1]);
    expect(texts[0] ?? "").not.toMatch(/192\.0\.2/);
  });
});
