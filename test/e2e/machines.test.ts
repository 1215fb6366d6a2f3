// Machines come, go and are replaced: each is a change of the stack config and one `up`, during which the API answers and
// etcd has its quorum. What else can happen to machines is in machines.full.test.ts.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ChangingMachines } from "./changingMachines.ts";

// Begins at TestLab.restored("ha").
await describe("machines of a running cluster", { timeout: 1_200_000 }, async () => {
  let cluster: ChangingMachines;
  before(async () => {
    cluster = await ChangingMachines.restored();
  });
  after(async () => {
    await cluster.lab.destroy();
  });

  await it("a new worker joins", async () => {
    const { nodes, spare } = cluster;
    await cluster.becomes([...nodes, { name: "k8s-6", address: spare, role: "worker", disk: "/dev/vda" }]);
    assert.equal(await cluster.stateAt(spare), "running");
  });

  await it("a worker leaves: drained, forgotten, wiped", async () => {
    const output = await cluster.becomes(cluster.without("k8s-6"));
    assert.match(output, /k8s-6 has left the cluster/);
    await cluster.isWiped(cluster.spare);
  });

  await it("two control planes at once are refused before any machine is touched", async () => {
    const output = await cluster.refuses(cluster.without("k8s-2", "k8s-3"));
    assert.match(output, /k8s-2, k8s-3 would leave etcd in one run/);
    assert.equal((await cluster.members()).length, 3);
  });

  await it("a control plane moves to other hardware under its name", async () => {
    const old = cluster.addressOf("k8s-3");
    await cluster.becomes(cluster.changed("k8s-3", { address: cluster.spare }));
    await cluster.isWiped(old);
  });
});
