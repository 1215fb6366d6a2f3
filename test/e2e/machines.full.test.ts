// The rest of what can happen to machines: made anew, re-imaged, dead, changed, fewer and more control planes.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ChangingMachines } from "./changingMachines.ts";

// Begins at TestLab.restored("ha").
await describe("machines that change", { timeout: 2_400_000 }, async () => {
  let cluster: ChangingMachines;
  before(async () => {
    cluster = await ChangingMachines.restored();
  });
  after(async () => {
    await cluster.lab.destroy();
  });

  await it("a label, a disk and a patch that needs a reboot reach the machine they are meant for", async () => {
    const machine = { nodeLabels: { zone: "attic" }, env: { GRPC_GO_LOG_SEVERITY_LEVEL: "info" } };
    await cluster.becomes(cluster.changed("k8s-4", { disk: "/dev/vdb", patches: [{ machine }] }));
    assert.equal((await cluster.node("k8s-4"))?.metadata?.labels?.["zone"], "attic");
    await cluster.becomes(cluster.changed("k8s-4", { disk: "/dev/vda", patches: [] }));
    const left = (await cluster.node("k8s-4"))?.metadata?.labels?.["zone"];
    assert.equal(left, undefined, "what leaves the config leaves the Node");
  });

  await it("a control plane is made anew where it is", async () => {
    const output = await cluster.becomes(cluster.changed("k8s-2", { generation: 2 }));
    assert.match(output, /k8s-2: wiped, waits for its config/);
    const annotations = (await cluster.node("k8s-2"))?.metadata?.annotations;
    assert.equal(annotations?.["home-ops.dev/generation"], "2");
  });

  await it("hardware that was re-imaged is noticed, and joins as the next generation", async () => {
    const address = cluster.addressOf("k8s-5");
    const wipe = ["reset", "--graceful=false", "--reboot", "--wait=false"];
    await cluster.lab.ok("talosctl", "-n", address, "-e", address, ...wipe);
    await cluster.isWiped(address);
    const output = await cluster.refuses(cluster.nodes);
    assert.match(output, /k8s-5 .* was wiped or re-imaged[\s\S]*set generation: 2 on k8s-5/);
    await cluster.becomes(cluster.changed("k8s-5", { generation: 2 }));
    assert.equal(await cluster.stateAt(address), "running");
  });

  await it("one whose going would break the quorum stays", async () => {
    await cluster.lab.withFault(["etcd-down", "k8s-2"], async () => {
      assert.match(await cluster.refuses(cluster.without("k8s-3")), /k8s-2/);
      assert.ok(await cluster.node("k8s-3"));
    });
    await cluster.becomes(cluster.nodes);
  });

  await it("one that is dead is forgotten, and its line can go then", async () => {
    const address = cluster.addressOf("k8s-3");
    await cluster.lab.cli("fault", "off", "k8s-3");
    const output = await cluster.becomes(cluster.changed("k8s-3", { gone: true }));
    assert.match(output, /k8s-3 has left etcd and the cluster/);
    await cluster.becomes(cluster.without("k8s-3"));
    assert.equal(await cluster.stateAt(address), "off");
  });

  await it("control planes go down to one, which stays, and up to three again", async () => {
    const second = cluster.nodes.filter(({ name }) => name === "k8s-2");
    await cluster.becomes(cluster.without("k8s-2"));
    assert.match(
      await cluster.refuses(cluster.changed("k8s-1", { generation: 2 })),
      /k8s-1 cannot leave: no other control plane answers/,
    );
    const more = { name: "k8s-7", address: cluster.spare, role: "controlplane", disk: "/dev/vda" };
    await cluster.becomes([...cluster.nodes, ...second, more], false);
  });
});
