// Machines with another lease: the same machines at other addresses. Nothing of them is drained or wiped, and no machine
// reboots because of it. At the end one leaves and loses its power where it is to be wiped.
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import type { KubeObject } from "../../src/steps/kubernetes.ts";
import { assertNoChange, TestLab } from "./testLab.ts";

jest.setTimeout(1_200_000);

interface AskedMachine {
  readonly name: string;
  readonly address: string;
}

// Begins at TestLab.restored("small").
describe("machines with another lease", () => {
  let lab: TestLab;
  let nodes: readonly AskedMachine[] = [];
  beforeAll(async () => {
    lab = await TestLab.restored("small");
    lab.changeConfig({ nodes: (found) => (nodes = found as readonly AskedMachine[]) });
  });
  afterAll(async () => {
    await lab.destroy();
  });

  const machines = async () => (await lab.status()).machines.filter(({ role }) => role !== undefined);
  const addressIn = (list: readonly AskedMachine[], name: string): string =>
    list.find((machine) => machine.name === name)?.address ?? "";

  /** Switches the fault and waits until the machine runs at its other address. */
  async function move(name: string, ...off: readonly string[]): Promise<void> {
    const old = addressIn(await machines(), name);
    await lab.cli("fault", "moved", name, ...off);
    await lab.until(`${name} at another address`, async () => {
      const found = (await machines()).find((machine) => machine.name === name);
      return found !== undefined && found.address !== old && found.state === "running";
    });
  }

  /** Writes the addresses of the machines into the stack config; a run must then take them as moved. */
  async function follow(...names: readonly string[]): Promise<void> {
    const now = await machines();
    const boots = now.map(({ bootId }) => bootId);
    nodes = nodes.map((node) => ({ ...node, address: addressIn(now, node.name) }));
    lab.changeConfig({ nodes: () => nodes });
    const preview = await lab.preview();
    for (const name of names) expect(preview).toMatch(new RegExp(`${name} answers at .*: it is moved from`));
    expect(preview).not.toMatch(/replace|delete/);
    await lab.finish();
    expect((await machines()).map(({ bootId }) => bootId)).toStrictEqual(boots);
    const { items } = await lab.get<{ items: readonly KubeObject[] }>(["nodes"]);
    for (const { metadata, status } of items) {
      const found = status?.["addresses"] as readonly { type: string; address: string }[];
      const internal = found.find(({ type }) => type === "InternalIP")?.address;
      expect(internal).toBe(addressIn(nodes, metadata?.name ?? ""));
    }
    assertNoChange(await lab.previewed());
  }

  it("a worker is moved", async () => {
    await move("k8s-2");
    await follow("k8s-2");
  });

  it("so is the only control plane", async () => {
    await move("k8s-1");
    await follow("k8s-1");
  });

  it("so are all at once", async () => {
    await move("k8s-1", "--off");
    await move("k8s-2", "--off");
    await follow("k8s-1", "k8s-2");
  });

  it("one whose power goes at its wipe is forgotten without pulumi state", async () => {
    await lab.cli("fault", "offAtReset", "k8s-2");
    // Without a worker Flux has no machine to run on, unless the control plane takes pods.
    lab.changeConfig({
      nodes: () => nodes.filter(({ name }) => name !== "k8s-2"),
      patches: () => ({ controlplane: [{ cluster: { allowSchedulingOnControlPlanes: true } }] }),
    });
    const { code, output } = await lab.up();
    assert.notEqual(code, 0, output);
    expect(output).toMatch(/k8s-2 has left the cluster/);
    expect(output).toMatch(/k8s-2 \([\d.]+\) is still to be wiped, and does not answer[\s\S]*--gone k8s-2/);
    const recovered = await lab.ok("npm", "run", "-s", "recover", "--", "--gone", "k8s-2");
    expect(recovered).toMatch(/the state has forgotten k8s-2/);
    await lab.finish();
    assertNoChange(await lab.previewed());
  });
});
