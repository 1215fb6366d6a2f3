// What the program registers for machines that come, go, and are made anew.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LastRun } from "../../src/config/reached.ts";
import type { Config, Node } from "../../src/config/config.ts";
import { deploy, waitsFor, type Registration } from "./deploy.ts";
import { answers, program, testConfig } from "./program.ts";

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
    program(config);
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
    assert.ok(waitsFor(found, "talos-k8s-2-config").has("talos-k8s-1-member"));
    assert.ok(waitsFor(found, "talos-k8s-3-config").has("talos-k8s-2-member"));
    assert.ok(waitsFor(found, "talos-k8s-4-config").has("talos-k8s-3-member"));
    assert.ok(waitsFor(found, "talos-k8s-5-config").has("talos-k8s-4-member"));
  });

  it("leave before they are wiped, and not when the cluster goes as a whole", async () => {
    const member = find(await registered(three), "talos-k8s-3-member");
    assert.equal(member.inputs["delete"], "node src/step.ts remove-machine");
    // Deletes go against the dependencies.
    assert.ok(member.dependencies.includes("talos-k8s-3-config"));
    assert.equal(member.deletedWith, "talos-secrets");
  });

  it("need no other input for the first generation, and say every later one", async () => {
    const first = await registered(three);
    assert.doesNotMatch(JSON.stringify(find(first, "talos-k8s-3-config").inputs), /generation/);
    assert.doesNotMatch(inputsOf(first, "cluster-nodes-ready")["NODES"] ?? "", /generation/);
    const again = await registered([
      ...three.slice(0, 2),
      machine("k8s-3", "controlplane", { generation: 2 }),
    ]);
    assert.match(
      JSON.stringify(find(again, "talos-k8s-3-config").inputs["configPatches"]),
      /home-ops\.dev\/generation/,
    );
    assert.equal(inputsOf(again, "talos-k8s-3-os")["GENERATION"], "2");
    assert.match(inputsOf(again, "cluster-nodes-ready")["NODES"] ?? "", /"generation":2/);
    assert.match(inputsOf(again, "cluster-etcd")["CONTROL_PLANES"] ?? "", /"generation":2/);
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
      program(config);
    }, answers);
    const told = JSON.parse(inputsOf(found, "cluster-nodes-ready")["NODES"] ?? "") as readonly object[];
    assert.deepEqual(told[0], { name: first.name, address: first.address });
    assert.deepEqual(told[3], {
      name: "k8s-4",
      address: "192.0.2.34",
      labels: { "node-role.kubernetes.io/worker": "" },
      taints: { dedicated: "gpu:NoSchedule" },
    });
  });

  it("are updated in place at another address: nothing that could not ask them resets them", async () => {
    const config = find(await registered(three), "talos-k8s-3-config");
    assert.deepEqual(config.replaceOnChanges, []);
    // What decides comes first, and waits for a look at all of them.
    const found = await registered([
      ...three.slice(0, 2),
      machine("k8s-3", "controlplane", { address: "192.0.2.99" }),
    ]);
    assert.equal(find(found, "talos-k8s-3-config").inputs["node"], "192.0.2.99");
    const before = waitsFor(found, "talos-k8s-3-config");
    assert.ok(before.has("talos-k8s-3-os") && before.has("talos-k8s-3-inspect"));
    assert.ok(waitsFor(found, "talos-k8s-3-os").has("talos-k8s-1-inspect"));
  });

  it("get nothing new when they are gone: of one that a failed destroy has left in part the rest stays away", async () => {
    const names = async (configured: LastRun["configured"]): Promise<readonly string[]> => {
      const found = await registered(three.slice(0, 2), three.slice(2), { versions: {}, configured });
      return found.flatMap(({ name }) => (name.startsWith("talos-k8s-3-") ? [name] : [])).sort();
    };
    const address = "192.0.2.33";
    assert.deepEqual(await names([{ name: "k8s-3", address, isMember: true }]), [
      "talos-k8s-3-config",
      "talos-k8s-3-gone",
      "talos-k8s-3-member",
    ]);
    assert.deepEqual(await names([{ name: "k8s-3", address, isMember: false }]), [
      "talos-k8s-3-config",
      "talos-k8s-3-gone",
    ]);
    assert.deepEqual(await names([]), ["talos-k8s-3-gone"]);
  });

  it("are forgotten when they are gone: nothing is sent to them, nothing waits for them", async () => {
    const found = await registered(three.slice(0, 2), three.slice(2));
    for (const name of ["talos-k8s-3-config", "talos-k8s-3-member"]) {
      assert.deepEqual(find(found, name).ignoreChanges, ["*"]);
      assert.equal(find(found, name).retainOnDelete, true);
    }
    const names = found.map(({ name }) => name);
    assert.ok(!names.includes("talos-k8s-3-os") && !names.includes("talos-k8s-3-inspect"));
    assert.equal(find(found, "talos-k8s-3-gone").inputs["create"], "node src/step.ts forget-machine");
    assert.ok(waitsFor(found, "talos-prepare").has("talos-k8s-3-gone"));
    assert.doesNotMatch(inputsOf(found, "cluster-nodes-ready")["NODES"] ?? "", /k8s-3/);
  });

  it("give the steps a talosconfig without addresses, so that another control plane changes none of them", async () => {
    const texts = await Promise.all(
      [three, three.slice(0, 2)].map(async (nodes) => {
        const { TALOSCONFIG_TEXT } = inputsOf(await registered(nodes), "talos-k8s-1-inspect");
        return JSON.stringify(TALOSCONFIG_TEXT);
      }),
    );
    assert.equal(texts[0], texts[1]);
    assert.doesNotMatch(texts[0] ?? "", /192\.0\.2/);
  });
});
