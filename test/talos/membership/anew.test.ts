// Who is drained, taken out and wiped by the OS step, and who is not.
import assert from "node:assert/strict";
import { beforeEach, describe, expect, it } from "@jest/globals";
import { makeAnew } from "../../../src/talos/membership/anew.ts";
import { generationIn } from "../../../src/talos/membership/generation.ts";
import { World } from "../../fakes/world.ts";

let world: World;
beforeEach(() => {
  world = new World();
});

/** Runs it for a machine as the stack config has it. */
async function anew(name: string, change: { address?: string; generation?: number } = {}): Promise<boolean> {
  const machine = world.machine(name, change.address);
  const { step, talosctl, kubernetes } = world;
  const controlPlanes = world.controlPlanes.map((other) => (other.name === name ? machine : other));
  return makeAnew({
    step,
    talosctl,
    kubernetes,
    machine,
    controlPlanes,
    generation: change.generation ?? 1,
    runs: world.hardware.get(machine.address)?.name !== undefined,
    drainSeconds: 1,
    rebootSeconds: 1,
  });
}

const annotated = (generation: string): Record<string, string> => ({ "home-ops.dev/generation": generation });

describe("a member that runs", () => {
  it("stays when its generation is the wanted one", async () => {
    world.register("k8s-4", "192.0.2.21", annotated("2"));
    expect(await anew("k8s-4", { generation: 2 })).toBe(false);
    expect(await anew("k8s-3")).toBe(false);
    expect(world.done).toStrictEqual([]);
  });

  it("is drained, leaves and is wiped when its generation is older", async () => {
    expect(await anew("k8s-3", { generation: 2 })).toBe(true);
    expect(world.done).toStrictEqual([
      "cordon k8s-3",
      "k8s-3 leaves etcd",
      "wipe 192.0.2.13",
      "delete node k8s-3",
    ]);
  });

  it("stays when its node lacks the annotation, and its config has the generation", async () => {
    world.hardware.set("192.0.2.13", { name: "k8s-3", generation: 2 });
    world.hardware.set("192.0.2.21", { name: "k8s-4", generation: 3 });
    world.register("k8s-4", "192.0.2.21", annotated("none"));
    expect(await anew("k8s-3", { generation: 2 })).toBe(false);
    expect(await anew("k8s-4", { generation: 3 })).toBe(false);
    expect(world.done).toStrictEqual([]);
  });

  it("stays when it does not show its config, of which nothing is printed", async () => {
    for (const shows of [
      "",
      "token: hidden",
      'spec: "token: hidden"',
      "spec: {token: hidden",
      "machine: hidden",
    ]) {
      world.hardware.set("192.0.2.13", { name: "k8s-3", shows });
      await assert.rejects(anew("k8s-3", { generation: 2 }), (error: Error) => {
        expect(error.message).toMatch(/^k8s-3 does not show its config, which says its generation/);
        expect(error.message).not.toMatch(/hidden/);
        return true;
      });
    }
    expect(world.done).toStrictEqual([]);
  });

  it("stays when its node says more than is wanted: that is no reason to wipe", async () => {
    world.register("k8s-4", "192.0.2.21", annotated("3"));
    for (const generation of [1, 2]) expect(await anew("k8s-4", { generation })).toBe(false);
    expect(world.done).toStrictEqual([]);
  });

  it("stays when it has no node yet", async () => {
    world.nodes.delete("k8s-4");
    expect(await anew("k8s-4", { generation: 2 })).toBe(false);
    expect(world.done).toStrictEqual([]);
  });

  it("is not wiped in place of another one", async () => {
    world.hardware.set("192.0.2.21", { name: "attic" });
    await expect(anew("k8s-4", { generation: 2 })).rejects.toThrow(
      /k8s-4: the machine at 192\.0\.2\.21 says that it is attic; nothing has been done to it/,
    );
    expect(world.done).toStrictEqual([]);
  });
});

describe("a machine at another address", () => {
  it("stays what it is when it is the member, and its node follows", async () => {
    world.hardware.set("192.0.2.29", { name: "k8s-3" });
    world.hardware.delete("192.0.2.13");
    let looks = 0;
    world.beforeRead = () => {
      if ((looks += 1) === 3) world.register("k8s-3", "192.0.2.29");
    };
    expect(await anew("k8s-3", { address: "192.0.2.29" })).toBe(false);
    expect(world.done).toStrictEqual([]);
    expect(world.lines).toStrictEqual([
      "k8s-3: is at 192.0.2.29 now, and stays what it is",
      "k8s-3: its node still says 192.0.2.13",
    ]);
  });

  it("is other hardware in maintenance mode: the old one leaves and is wiped first", async () => {
    world.hardware.set("192.0.2.29", {});
    expect(await anew("k8s-3", { address: "192.0.2.29" })).toBe(true);
    expect(world.done).toStrictEqual([
      "cordon k8s-3",
      "k8s-3 leaves etcd",
      "wipe 192.0.2.13",
      "delete node k8s-3",
    ]);
  });

  it("goes on where a run was cut off after the wipe", async () => {
    world.hardware.set("192.0.2.29", {});
    world.before = (what) => {
      if (what.startsWith("delete node")) throw new Error("cut off");
    };
    await expect(anew("k8s-3", { address: "192.0.2.29" })).rejects.toThrow(/cut off/);
    world.before = () => undefined;
    world.done.length = 0;
    expect(await anew("k8s-3", { address: "192.0.2.29" })).toBe(true);
    expect(world.done).toStrictEqual(["delete node k8s-3"]);
  });

  it("does not take the machine that has the old address now out of the cluster", async () => {
    world.hardware.set("192.0.2.29", {});
    world.hardware.set("192.0.2.13", { name: "k8s-2" });
    await assert.rejects(anew("k8s-3", { address: "192.0.2.29" }), (error: Error & { todo?: string }) => {
      expect(error.message).toMatch(/k8s-3: the machine at 192\.0\.2\.13 says that it is k8s-2/);
      expect(error.todo ?? "").toMatch(/set gone: true on k8s-3 with its old address 192\.0\.2\.13/);
      return true;
    });
    expect(world.done).toStrictEqual([]);
  });
});

describe("hardware that is replaced", () => {
  const replaced = (): Promise<boolean> => {
    world.hardware.set("192.0.2.29", {});
    return anew("k8s-3", { address: "192.0.2.29" });
  };
  const stops = (message: RegExp, todo: RegExp): Promise<void> =>
    assert.rejects(replaced(), (error: Error & { todo?: string }) => {
      expect(error.message).toMatch(message);
      expect(error.todo ?? "").toMatch(todo);
      return true;
    });

  it("has to be called gone when it belongs to somebody else by now: nobody knows whether it is dead", async () => {
    world.hardware.set("192.0.2.13", { name: "k8s-3", refuses: "version" });
    await stops(
      /k8s-3: the machine at 192\.0\.2\.13 .*connection refused/,
      /if that hardware is dead, set gone: true on k8s-3 with its old address 192\.0\.2\.13 first/,
    );
    expect(world.done).toStrictEqual([]);
  });

  it("is looked at once more when it was wiped in this moment", async () => {
    let asked = 0;
    const { talosctl } = world;
    const { run } = talosctl;
    talosctl.run = (address, args, ...rest) => {
      // The first look is at the old hardware, which is a member; by the second it is none.
      if (address === "192.0.2.13" && args[0] === "version" && (asked += 1) === 2)
        world.hardware.set("192.0.2.13", {});
      return run(address, args, ...rest);
    };
    Object.defineProperty(world, "talosctl", { value: talosctl });
    await stops(/old address 192\.0\.2\.13 was wiped in this moment/, /^run pulumi up again$/);
    expect(world.done).toStrictEqual([]);
  });

  it("that cannot be wiped keeps its node, so that the next run does it", async () => {
    world.hardware.set("192.0.2.13", { name: "k8s-3", refuses: "reset" });
    await stops(/k8s-3 cannot be wiped: Unavailable/, /it has left the cluster already; run pulumi up again/);
    expect(world.done).toStrictEqual(["cordon k8s-3", "k8s-3 leaves etcd"]);
    expect(world.nodes.has("k8s-3")).toBe(true);
  });
});

describe("a machine that waits for a config", () => {
  it("is refused when the cluster has its node in this generation", async () => {
    world.hardware.set("192.0.2.21", {});
    await expect(anew("k8s-4")).rejects.toThrow(
      /waits for a config, but the cluster has a node of that name/,
    );
    world.register("k8s-4", "192.0.2.21", annotated("2"));
    await expect(anew("k8s-4", { generation: 2 })).rejects.toThrow(/the machine was wiped or re-imaged/);
    expect(world.done).toStrictEqual([]);
  });

  it("makes the cluster forget the one before it when its generation was counted up", async () => {
    world.hardware.set("192.0.2.13", {});
    expect(await anew("k8s-3", { generation: 2 })).toBe(true);
    expect(world.done).toStrictEqual(["etcd removes k8s-3", "delete node k8s-3"]);
  });
});

describe("the generation in a machine config", () => {
  for (const [line, expected] of [
    ['            home-ops.dev/generation: "12"', 12],
    ["            home-ops.dev/generation: '2'", 2],
    ['"home-ops.dev/generation": "3"', 3],
    ["            home-ops.dev/generation: none", 1],
    ["            other.dev/generation: '7'", 1],
  ] as const)
    it(`is ${String(expected)} for ${line.trim()}`, () => {
      expect(generationIn(`    machine:\n        nodeAnnotations:\n${line}\n`)).toBe(expected);
    });
});
