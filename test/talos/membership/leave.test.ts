import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { leaveCluster } from "../../../src/talos/membership/leave.ts";
import { World } from "../../fakes/world.ts";

let world: World;
beforeEach(() => {
  world = new World();
});

async function leave(name: string, runs = true, controlPlanes = world.controlPlanes): Promise<string> {
  const { step, talosctl, kubernetes } = world;
  const machine = world.machine(name);
  return leaveCluster({ step, talosctl, kubernetes, machine, controlPlanes, runs, drainSeconds: 1 });
}

describe("leaving a cluster", () => {
  it("is a drain, etcd and the node for a control plane, in this order", async () => {
    assert.equal(await leave("k8s-3"), "k8s-3 has left etcd and the cluster");
    assert.deepEqual(world.done, ["cordon k8s-3", "k8s-3 leaves etcd", "delete node k8s-3"]);
  });

  it("is a drain and the node for a worker", async () => {
    assert.equal(await leave("k8s-4"), "k8s-4 has left the cluster");
    assert.deepEqual(world.done, ["cordon k8s-4", "delete node k8s-4"]);
  });

  it("asks nothing of a machine that does not run: the others remove it", async () => {
    world.hardware.set("192.0.2.13", { name: "k8s-3", isOn: false });
    assert.equal(await leave("k8s-3", false), "k8s-3 has left etcd and the cluster");
    assert.deepEqual(world.done, ["etcd removes k8s-3", "delete node k8s-3"]);
  });

  it("has nothing to do the second time", async () => {
    await leave("k8s-3");
    world.done.length = 0;
    assert.equal(await leave("k8s-3"), "k8s-3 is in no cluster any more");
    assert.deepEqual(world.done, []);
  });

  it("goes on where it was cut off", async () => {
    world.before = (what) => {
      if (what.startsWith("delete node")) throw new Error("cut off");
    };
    await assert.rejects(leave("k8s-3"), /cut off/);
    world.before = () => undefined;
    world.done.length = 0;
    await leave("k8s-3");
    assert.deepEqual(world.done, ["cordon k8s-3", "delete node k8s-3"]);
  });

  it("is refused before anything is changed when etcd would lose its quorum", async () => {
    world.hardware.set("192.0.2.12", { name: "k8s-2", isOn: false });
    await assert.rejects(
      leave("k8s-3"),
      /k8s-3 cannot leave etcd: 1 of the 2 members that remain would be healthy, 2 are needed \(k8s-2: /,
    );
    assert.deepEqual(world.done, []);
  });

  it("is refused for the last control plane", async () => {
    await assert.rejects(
      leave("k8s-1", true, [world.machine("k8s-1")]),
      /k8s-1 cannot leave: no other control plane answers for the cluster/,
    );
    assert.deepEqual(world.done, []);
  });
});
