// The steps that look at a machine and take it out of its cluster, on a small world: what they refuse, and that nothing is
// changed then.
import assert from "node:assert/strict";
import { beforeEach, describe, expect, it } from "@jest/globals";
import type { Kubernetes } from "../../../src/steps/kubernetes.ts";
import type { StepError } from "../../../src/steps/stepError.ts";
import { forgetMachine } from "../../../src/talos/steps/forgetMachine.ts";
import { inspectMachine } from "../../../src/talos/steps/inspectMachine.ts";
import { removeMachine } from "../../../src/talos/steps/removeMachine.ts";
import { World } from "../../fakes/world.ts";

const talosconfigText = "x";
let world: World;
let api: () => Promise<Kubernetes | undefined>;
beforeEach(() => {
  world = new World();
  api = () => Promise.resolve(world.kubernetes);
});

const clients = (): { talosctl: World["talosctl"]; api: typeof api } => ({ talosctl: world.talosctl, api });
const controlPlanes = (): World["controlPlanes"][number][] => [...world.controlPlanes];

async function refused(work: Promise<unknown>, message: RegExp, todo: RegExp): Promise<void> {
  await assert.rejects(work, (error: StepError) => {
    expect(error.message).toMatch(message);
    expect(error.todo).toMatch(todo);
    return true;
  });
  expect(world.done).toStrictEqual([]);
}

describe("a machine that is removed", () => {
  const remove = (name: string, address?: string): Promise<string> =>
    removeMachine(
      world.step,
      {
        node: world.machine(name, address),
        controlPlanes: controlPlanes(),
        drainSeconds: 5,
        talosconfigText,
      },
      clients(),
    );

  it("leaves etcd, then the cluster", async () => {
    expect(await remove("k8s-3")).toBe("k8s-3 has left etcd and the cluster");
    expect(world.done).toStrictEqual(["cordon k8s-3", "k8s-3 leaves etcd", "delete node k8s-3"]);
  });

  it("leaves the cluster alone when it is a worker", async () => {
    expect(await remove("k8s-4")).toBe("k8s-4 has left the cluster");
    expect(world.done).toStrictEqual(["cordon k8s-4", "delete node k8s-4"]);
  });

  it("stays when no other control plane answers", async () => {
    api = () => Promise.resolve(undefined);
    await refused(remove("k8s-3"), /k8s-3 cannot leave: no other control plane answers/, /put it back/);
  });

  it("is asked for through the others only", async () => {
    let asked: readonly { readonly name: string }[] = [];
    await removeMachine(
      world.step,
      { node: world.machine("k8s-3"), controlPlanes: controlPlanes(), drainSeconds: 5, talosconfigText },
      {
        talosctl: world.talosctl,
        api: ({ controlPlanes: others }) => {
          asked = others;
          return Promise.resolve(world.kubernetes);
        },
      },
    );
    expect(asked.map(({ name }) => name)).toStrictEqual(["k8s-1", "k8s-2"]);
  });

  it("is not taken for gone when it was wiped: only its owner knows", async () => {
    world.hardware.set("192.0.2.13", {});
    await refused(remove("k8s-3"), /k8s-3 was wiped already/, /gone: true/);
  });

  it("is not taken for gone when nobody trusts it any more, or it is off", async () => {
    world.hardware.set("192.0.2.13", { name: "k8s-3", refuses: "version" });
    await refused(
      remove("k8s-3"),
      /k8s-3: the machine at 192\.0\.2\.13 .*connection refused/,
      /when the hardware is dead, put k8s-3 back into nodes with address 192\.0\.2\.13 and gone: true/,
    );
  });

  it("is not wiped in the place of another that has its address", async () => {
    world.hardware.set("192.0.2.13", { name: "k8s-2" });
    await refused(remove("k8s-3"), /k8s-2/, /gone: true/);
  });
});

describe("a machine that is gone", () => {
  const forget = (name: string): Promise<string> =>
    forgetMachine(
      world.step,
      { node: world.machine(name), controlPlanes: controlPlanes(), talosconfigText },
      clients(),
    );

  it("is taken out of etcd and of the cluster without a word to it", async () => {
    world.hardware.set("192.0.2.13", { name: "k8s-3", isOn: false });
    expect(await forget("k8s-3")).toBe("k8s-3 has left etcd and the cluster");
    expect(world.done).toStrictEqual(["etcd removes k8s-3", "delete node k8s-3"]);
  });

  it("is not gone when it answers", async () => {
    await refused(forget("k8s-3"), /k8s-3 is called gone, but answers at 192\.0\.2\.13/, /remove gone/);
  });

  it("may have left its address to another member", async () => {
    world.hardware.set("192.0.2.13", { name: "k8s-9" });
    expect(await forget("k8s-3")).toMatch(/has left/);
  });

  it("stays in etcd when the rest would have no quorum", async () => {
    for (const address of ["192.0.2.12", "192.0.2.13"])
      world.hardware.set(address, { name: address.endsWith("2") ? "k8s-2" : "k8s-3", isOn: false });
    await refused(
      forget("k8s-3"),
      /k8s-3 cannot leave etcd: 1 of the 2 members that remain/,
      /nothing has been/,
    );
  });

  it("is not forgotten where nobody answers for the cluster", async () => {
    world.hardware.set("192.0.2.13", { name: "k8s-3", isOn: false });
    api = () => Promise.resolve(undefined);
    await refused(
      forget("k8s-3"),
      /cannot be forgotten: no control plane answers/,
      /switch a control plane on/,
    );
  });
});

describe("a machine that is looked at", () => {
  const inspect = (name: string, generation = 1): Promise<string> =>
    inspectMachine(
      world.step,
      {
        node: { ...world.machine(name), role: "controlplane" },
        generation,
        controlPlanes: controlPlanes(),
        configHash: "x",
        talosconfigText,
      },
      clients(),
    );

  it("is a member", async () => {
    expect(await inspect("k8s-3")).toBe("k8s-3 (192.0.2.13) is a member of this cluster, Talos v1.12.0");
  });

  it("waits for its config, where no cluster knows it", async () => {
    world.hardware.set("192.0.2.13", {});
    world.nodes.delete("k8s-3");
    expect(await inspect("k8s-3")).toMatch(/is in maintenance mode, ready for its config$/);
    world.register("k8s-3", "192.0.2.13");
    api = () => Promise.resolve(undefined);
    expect(await inspect("k8s-3")).toMatch(/is in maintenance mode/);
  });

  it("is refused when it was wiped without anybody saying so", async () => {
    world.hardware.set("192.0.2.13", {});
    await refused(inspect("k8s-3"), /the machine was wiped or re-imaged/, /set generation: 2 on k8s-3/);
    expect(await inspect("k8s-3", 2)).toMatch(/is in maintenance mode/);
  });

  it("is refused under another name", async () => {
    world.hardware.set("192.0.2.13", { name: "k8s-2" });
    await refused(inspect("k8s-3"), /k8s-2/, /a machine keeps its name/);
  });
});
