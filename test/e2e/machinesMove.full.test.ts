// Machines come, go and are replaced: each is a change of the stack config and one `up`, during which the API answers and
// etcd has its quorum. What else can happen to machines is in machines.full.test.ts.
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { ChangingMachines } from "./changingMachines.ts";

jest.setTimeout(1_200_000);

// Begins at TestLab.restored("ha").
describe("machines of a running cluster", () => {
  let cluster: ChangingMachines;
  beforeAll(async () => {
    cluster = await ChangingMachines.restored();
  });
  afterAll(async () => {
    await cluster.lab.destroy();
  });

  it("a new worker joins", async () => {
    const { nodes, spare } = cluster;
    await cluster.becomes([...nodes, { name: "k8s-6", address: spare, role: "worker", disk: "/dev/vda" }]);
    expect(await cluster.stateAt(spare)).toBe("running");
  });

  it("a worker leaves: drained, forgotten, wiped", async () => {
    const output = await cluster.becomes(cluster.without("k8s-6"));
    expect(output).toMatch(/k8s-6 has left the cluster/);
    await cluster.isWiped(cluster.spare);
  });

  it("two control planes at once are refused before any machine is touched", async () => {
    const output = await cluster.refuses(cluster.without("k8s-2", "k8s-3"));
    expect(output).toMatch(/k8s-2, k8s-3 would leave etcd in one run/);
    expect((await cluster.members()).length).toBe(3);
  });

  it("a control plane moves to other hardware under its name", async () => {
    const old = cluster.addressOf("k8s-3");
    await cluster.becomes(cluster.changed("k8s-3", { address: cluster.spare }));
    await cluster.isWiped(old);
  });
});
