import assert from "node:assert/strict";
import { beforeEach, describe, expect, it } from "@jest/globals";
import type { StepError } from "../../../src/steps/stepError.ts";
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
    expect(await leave("k8s-3")).toBe("k8s-3 has left etcd and the cluster");
    expect(world.done).toStrictEqual(["cordon k8s-3", "k8s-3 leaves etcd", "delete node k8s-3"]);
  });

  it("is a drain and the node for a worker", async () => {
    expect(await leave("k8s-4")).toBe("k8s-4 has left the cluster");
    expect(world.done).toStrictEqual(["cordon k8s-4", "delete node k8s-4"]);
  });

  it("asks nothing of a machine that does not run: the others remove it", async () => {
    world.hardware.set("192.0.2.13", { name: "k8s-3", isOn: false });
    expect(await leave("k8s-3", false)).toBe("k8s-3 has left etcd and the cluster");
    expect(world.done).toStrictEqual(["etcd removes k8s-3", "delete node k8s-3"]);
  });

  it("has nothing to do the second time", async () => {
    await leave("k8s-3");
    world.done.length = 0;
    expect(await leave("k8s-3")).toBe("k8s-3 is in no cluster any more");
    expect(world.done).toStrictEqual([]);
  });

  it("goes on where it was cut off", async () => {
    world.before = (what) => {
      if (what.startsWith("delete node")) throw new Error("cut off");
    };
    await expect(leave("k8s-3")).rejects.toThrow(/cut off/);
    world.before = () => undefined;
    world.done.length = 0;
    await leave("k8s-3");
    expect(world.done).toStrictEqual(["cordon k8s-3", "delete node k8s-3"]);
  });

  it("is refused before anything is changed when etcd would lose its quorum", async () => {
    world.hardware.set("192.0.2.12", { name: "k8s-2", isOn: false });
    await expect(leave("k8s-3")).rejects.toThrow(
      /k8s-3 cannot leave etcd: 1 of the 2 members that remain would be healthy, 2 are needed \(k8s-2: /,
    );
    expect(world.done).toStrictEqual([]);
  });

  it("is named when etcd does not let it go, and its node stays", async () => {
    world.hardware.set("192.0.2.13", { name: "k8s-3", refuses: "etcd leave" });
    await assert.rejects(leave("k8s-3"), (error: StepError) => {
      expect(error.message).toBe("k8s-3 cannot leave etcd: Unavailable: connection refused");
      expect(error.todo).toMatch(/talosctl etcd members -n 192\.0\.2\.11/);
      return true;
    });
    expect(world.done).toStrictEqual(["cordon k8s-3"]);
  });

  it("counts what etcd says, where the answer got lost on the way", async () => {
    world.hardware.set("192.0.2.13", { name: "k8s-3", refuses: "etcd leave" });
    world.before = () => void world.etcd.delete("k8s-3");
    expect(await leave("k8s-3")).toBe("k8s-3 has left etcd and the cluster");
    expect(world.lines).toContain("k8s-3: has left etcd");
  });

  it("does what comes before the node is forgotten, and forgets nothing when that fails", async () => {
    const { step, talosctl, kubernetes, controlPlanes } = world;
    const leaving = { step, talosctl, kubernetes, controlPlanes, runs: true, drainSeconds: 1 };
    const beforeForgotten = (): Promise<void> => {
      expect(world.done).toStrictEqual(["cordon k8s-3", "k8s-3 leaves etcd"]);
      return Promise.reject(new Error("not wiped"));
    };
    await expect(
      leaveCluster({ ...leaving, machine: world.machine("k8s-3"), beforeForgotten }),
    ).rejects.toThrow(/not wiped/);
    expect(world.nodes.has("k8s-3")).toBe(true);
  });

  it("is refused for the last control plane", async () => {
    await expect(leave("k8s-1", true, [world.machine("k8s-1")])).rejects.toThrow(
      /k8s-1 cannot leave: no other control plane answers for the cluster/,
    );
    expect(world.done).toStrictEqual([]);
  });
});
