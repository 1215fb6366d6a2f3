// The rest of what can happen to machines: made anew, re-imaged, dead, changed, fewer and more control planes.
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { ChangingMachines } from "./changingMachines.ts";

jest.setTimeout(2_400_000);

// Begins at TestLab.restored("ha").
describe("machines that change", () => {
  let cluster: ChangingMachines;
  beforeAll(async () => {
    cluster = await ChangingMachines.restored();
  });
  afterAll(async () => {
    await cluster.lab.destroy();
  });

  it("a label, a disk and a patch that needs a reboot reach the machine they are meant for", async () => {
    const machine = { nodeLabels: { zone: "attic" }, env: { GRPC_GO_LOG_SEVERITY_LEVEL: "info" } };
    await cluster.becomes(cluster.changed("k8s-4", { disk: "/dev/vdb", patches: [{ machine }] }));
    expect((await cluster.node("k8s-4"))?.metadata?.labels?.["zone"]).toBe("attic");
    await cluster.becomes(cluster.changed("k8s-4", { disk: "/dev/vda", patches: [] }));
    const left = (await cluster.node("k8s-4"))?.metadata?.labels?.["zone"];
    assert.equal(left, undefined, "what leaves the config leaves the Node");
  });

  it("a control plane is made anew where it is", async () => {
    const output = await cluster.becomes(cluster.changed("k8s-2", { generation: 2 }));
    expect(output).toMatch(/k8s-2: wiped, waits for its config/);
    const annotations = (await cluster.node("k8s-2"))?.metadata?.annotations;
    expect(annotations?.["home-ops.dev/generation"]).toBe("2");
  });

  it("hardware that was re-imaged is noticed, and joins as the next generation", async () => {
    const address = cluster.addressOf("k8s-5");
    const wipe = ["reset", "--graceful=false", "--reboot", "--wait=false"];
    await cluster.lab.ok("talosctl", "-n", address, "-e", address, ...wipe);
    await cluster.isWiped(address);
    const output = await cluster.refuses(cluster.nodes);
    expect(output).toMatch(/k8s-5 .* was wiped or re-imaged[\s\S]*set generation: 2 on k8s-5/);
    await cluster.becomes(cluster.changed("k8s-5", { generation: 2 }));
    expect(await cluster.stateAt(address)).toBe("running");
  });

  it("one whose going would break the quorum stays", async () => {
    await cluster.lab.withFault(["etcd-down", "k8s-2"], async () => {
      expect(await cluster.refuses(cluster.without("k8s-3"))).toMatch(/k8s-2/);
      expect(await cluster.node("k8s-3")).toBeTruthy();
    });
    await cluster.becomes(cluster.nodes);
  });

  it("one that is dead is forgotten, and its line can go then", async () => {
    const address = cluster.addressOf("k8s-3");
    await cluster.lab.cli("fault", "off", "k8s-3");
    const output = await cluster.becomes(cluster.changed("k8s-3", { gone: true }));
    expect(output).toMatch(/k8s-3 has left etcd and the cluster/);
    await cluster.becomes(cluster.without("k8s-3"));
    expect(await cluster.stateAt(address)).toBe("off");
  });

  it("control planes go down to one, which stays, and up to three again", async () => {
    const second = cluster.nodes.filter(({ name }) => name === "k8s-2");
    await cluster.becomes(cluster.without("k8s-2"));
    expect(await cluster.refuses(cluster.changed("k8s-1", { generation: 2 }))).toMatch(
      /k8s-1 cannot leave: no other control plane answers/,
    );
    const more = { name: "k8s-7", address: cluster.spare, role: "controlplane", disk: "/dev/vda" };
    await cluster.becomes([...cluster.nodes, ...second, more], false);
  });
});
