// Machines come, go, are replaced and changed: each is a change of the stack config and one `up`, during which the API
// answers and etcd has its quorum.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { KubeObject } from "./handOffFacts.ts";
import { TestLab } from "./testLab.ts";
import { finishWhileWatched } from "./watch.ts";

interface Machine {
  readonly name: string;
  readonly address: string;
  readonly role: string;
  readonly [key: string]: unknown;
}

await describe("machines of a running cluster", { timeout: 1_500_000 }, async () => {
  let lab: TestLab;
  /** What the stack config asks for; each test goes on from the one before. */
  let nodes: readonly Machine[];
  let spare: string;
  before(async () => {
    lab = await TestLab.restored("ha");
    spare = lab.layout.machines.find(({ role }) => role === "spare")?.address ?? "";
    lab.changeConfig({ nodes: (found) => (nodes = found as readonly Machine[]) });
  });
  after(async () => {
    await lab.destroy();
  });

  const change = (name: string, fields: object): readonly Machine[] =>
    nodes.map((node) => (node.name === name ? { ...node, ...fields } : node));
  const withNodes = (wanted: readonly Machine[], test: () => Promise<void>): Promise<void> =>
    lab.withConfig({ nodes: () => wanted }, test);
  const addressOf = (name: string): string => nodes.find((node) => node.name === name)?.address ?? "";
  const readNodes = async (): Promise<readonly KubeObject[]> =>
    (await lab.get<{ items: KubeObject[] }>(["nodes"])).items;
  const members = async (): Promise<readonly string[]> => {
    const through = addressOf("k8s-1");
    const table = await lab.ok("talosctl", "-n", through, "-e", through, "etcd", "members");
    return table
      .split("\n")
      .slice(1)
      .flatMap((line) => line.trim().split(/\s+/)[2] ?? [])
      .sort();
  };
  const stateAt = async (address: string): Promise<string> =>
    (await lab.status()).machines.find((machine) => machine.address === address)?.state ?? "";

  /** Brings the cluster to these nodes while it is watched, and keeps them for the next test. */
  async function becomes(wanted: readonly Machine[], look: (output: string) => Promise<void>): Promise<void> {
    lab.changeConfig({ nodes: () => wanted });
    const { output } = await finishWhileWatched(lab);
    nodes = wanted;
    await look(output);
    const present = wanted.filter(({ gone }) => gone !== true);
    const found = await readNodes();
    assert.deepEqual(
      found.map(({ metadata }) => metadata?.name).sort(),
      present.map(({ name }) => name).sort(),
    );
    assert.ok(found.every(({ spec }) => spec?.["unschedulable"] === undefined));
    assert.deepEqual(
      await members(),
      present.flatMap(({ name, role }) => (role === "controlplane" ? [name] : [])).sort(),
    );
  }

  await it("a label, a disk and a patch that needs a reboot reach the machines they are meant for", async () => {
    const labelled = change("k8s-4", {
      disk: "/dev/vdb",
      patches: [{ machine: { nodeLabels: { zone: "attic" }, env: { GRPC_GO_LOG_SEVERITY_LEVEL: "info" } } }],
    });
    await becomes(labelled, async () => {
      const node = (await readNodes()).find(({ metadata }) => metadata?.name === "k8s-4");
      assert.equal(node?.metadata?.labels?.["zone"], "attic");
    });
    await becomes(change("k8s-4", { disk: "/dev/vda", patches: [] }), async () => {
      const node = (await readNodes()).find(({ metadata }) => metadata?.name === "k8s-4");
      assert.equal(node?.metadata?.labels?.["zone"], undefined, "what leaves the config leaves the Node");
    });
  });

  await it("a new worker joins", () =>
    becomes([...nodes, { name: "k8s-6", address: spare, role: "worker", disk: "/dev/vda" }], async () => {
      assert.equal(await stateAt(spare), "running");
    }));

  await it("a worker leaves: drained, forgotten, wiped", () =>
    becomes(
      nodes.filter(({ name }) => name !== "k8s-6"),
      async (output) => {
        assert.match(output, /k8s-6 has left the cluster/);
        await lab.until("wiped", async () => (await stateAt(spare)) === "maintenance");
      },
    ));

  await it("a control plane moves to other hardware under its name", async () => {
    const old = addressOf("k8s-3");
    await becomes(change("k8s-3", { address: spare }), async () => {
      await lab.until("wiped", async () => (await stateAt(old)) === "maintenance");
    });
    spare = old;
  });

  await it("a control plane is made anew where it is", () =>
    becomes(change("k8s-2", { generation: 2 }), async (output) => {
      assert.match(output, /k8s-2: wiped, waits for its config/);
      const node = (await readNodes()).find(({ metadata }) => metadata?.name === "k8s-2");
      assert.equal(node?.metadata?.annotations?.["home-ops.dev/generation"], "2");
    }));

  await it("hardware that was re-imaged is noticed, and joins as the next generation", async () => {
    const { address } = nodes.find(({ name }) => name === "k8s-5") ?? { address: "" };
    await lab.ok(
      ...(["talosctl", "-n", address, "-e", address, "reset", "--graceful=false", "--reboot"] as const),
      "--wait=false",
    );
    await lab.until("wiped", async () => (await stateAt(address)) === "maintenance");
    await withNodes(
      change("k8s-5", { patches: [{ machine: { nodeLabels: { any: "change" } } }] }),
      async () => {
        const { code, output } = await lab.up();
        assert.notEqual(code, 0, output);
        assert.match(output, /k8s-5 .* was wiped or re-imaged[\s\S]*set generation: 2 on k8s-5/);
      },
    );
    await becomes(change("k8s-5", { generation: 2 }), async () => {
      assert.equal(await stateAt(address), "running");
    });
  });

  await it("two control planes at once are refused before any machine is touched", () =>
    withNodes(
      nodes.filter(({ name }) => name !== "k8s-2" && name !== "k8s-3"),
      async () => {
        const { code, output } = await lab.up();
        assert.notEqual(code, 0, output);
        assert.match(output, /k8s-2, k8s-3 would leave etcd in one run/);
        assert.equal((await members()).length, 3);
      },
    ));

  await it("one whose going would break the quorum stays", async () => {
    await lab.withFault(["etcd-down", "k8s-2"], () =>
      withNodes(
        nodes.filter(({ name }) => name !== "k8s-3"),
        async () => {
          const { code, output } = await lab.up();
          assert.notEqual(code, 0, output);
          assert.match(output, /k8s-2/);
          assert.equal((await readNodes()).length, 5);
        },
      ),
    );
    await becomes(nodes, () => Promise.resolve());
  });

  await it("one that is dead is forgotten, and its line can go then", async () => {
    const dead = addressOf("k8s-3");
    const machine = (await lab.status()).machines.find(({ address }) => address === dead)?.name ?? "";
    await lab.cli("fault", "off", machine);
    await becomes(change("k8s-3", { gone: true }), async (output) => {
      assert.match(output, /k8s-3 has left etcd and the cluster/);
    });
    await becomes(
      nodes.filter(({ name }) => name !== "k8s-3"),
      async (output) => {
        assert.doesNotMatch(output, /error/i);
        assert.equal(await stateAt(dead), "off");
      },
    );
  });

  await it("control planes go down to one, which stays, and up to three again", async () => {
    const second = nodes.find(({ name }) => name === "k8s-2");
    await becomes(
      nodes.filter(({ name }) => name !== "k8s-2"),
      () => Promise.resolve(),
    );
    await withNodes(change("k8s-1", { generation: 2 }), async () => {
      const { code, output } = await lab.up();
      assert.notEqual(code, 0, output);
      assert.match(output, /k8s-1 cannot leave: no other control plane answers/);
    });
    const more = { name: "k8s-7", address: spare, role: "controlplane", disk: "/dev/vda" };
    await becomes([...nodes, ...(second === undefined ? [] : [second]), more], () => Promise.resolve());
  });
});
