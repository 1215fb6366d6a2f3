// When etcd is made, and above all when it is not.
import assert from "node:assert/strict";
import { describe, expect, it } from "@jest/globals";
import { bootstrapEtcd } from "../../src/bootstrap/steps/bootstrapEtcd.ts";
import { bootstrapEtcd as contract } from "../../src/bootstrap/contracts.ts";
import type { Step } from "../../src/steps/step.ts";
import {
  beforeBootstrap,
  etcdService,
  failure,
  fakeTalosctl,
  quickStep,
  quietStep,
} from "../fakes/clients.ts";

const machines = [1, 2, 3].map((n) => ({ name: `k8s-${String(n)}`, address: `192.0.2.1${String(n)}` }));

/** Control planes that answer one command at a time; what they were asked to do is kept. */
class Machines {
  readonly bootstrapped: string[] = [];
  /** Address to what it answers: `etcd` a healthy member, `none` waits, `silent`, `data` has data and no etcd. */
  readonly state: Record<string, "etcd" | "none" | "silent" | "data" | "learner"> = {};
  /** What a bootstrap answers. */
  bootstrap: string | ReturnType<typeof failure> = "";
  /** What happens while the members are waited for. */
  onLook: (looks: number) => void = () => undefined;
  #looks = 0;

  constructor(...states: readonly Machines["state"][string][]) {
    machines.forEach(({ address }, at) => (this.state[address] = states[at] ?? "silent"));
  }

  readonly talosctl = fakeTalosctl((address, command) => {
    const state = this.state[address];
    if (state === "silent") return undefined;
    if (command === "bootstrap") {
      this.bootstrapped.push(address);
      if (typeof this.bootstrap === "string") this.state[address] = "etcd";
      return this.bootstrap;
    }
    if (command === "service etcd" && this.bootstrapped.length > 0 && address === "192.0.2.11")
      this.onLook((this.#looks += 1));
    if (state === "none") return beforeBootstrap[command];
    if (command.startsWith("list")) return "NODE   NAME\n";
    if (command !== "service etcd") return undefined;
    if (state === "learner")
      return etcdService("Running", "Fail", "etcdserver: rpc not supported for learner");
    return state === "data" ? etcdService("Failed") : etcdService("Running", "OK");
  });
}

function bootstrap(step: Step, { talosctl }: Machines): Promise<string> {
  const input = { clusterId: "x", controlPlanes: machines, talosconfigText: "x" };
  return bootstrapEtcd(step, input, { talosctl });
}

describe("etcd", () => {
  it("is bootstrapped on the first control plane when all say that they have none", async () => {
    const { step, lines } = quietStep();
    const world = new Machines("none", "none", "none");
    world.onLook = (looks) => {
      world.state["192.0.2.12"] = looks < 3 ? "learner" : "etcd";
      world.state["192.0.2.13"] = looks < 2 ? "none" : looks < 4 ? "learner" : "etcd";
    };
    expect(await bootstrap(step, world)).toBe("etcd bootstrapped on k8s-1, 3 of 3 members healthy");
    expect(world.bootstrapped).toStrictEqual(["192.0.2.11"]);
    expect(lines).toStrictEqual([
      "k8s-1: etcd bootstrapped",
      "k8s-2: joins etcd; k8s-3: joins etcd",
      "k8s-3: joins etcd",
    ]);
  });

  it("is left alone when another control plane has it already", async () => {
    const world = new Machines("etcd", "etcd", "etcd");
    expect(await bootstrap(quietStep().step, world)).toBe("etcd has 3 healthy members already");
    expect(world.bootstrapped).toStrictEqual([]);
  });

  it("is not made a second time on a wiped control plane beside silent ones", async () => {
    const world = new Machines("none", "silent", "silent");
    await assert.rejects(bootstrap(quickStep(), world), (error: { message: string; todo: string }) => {
      expect(error.message).toMatch(/last seen: k8s-2: does not answer .*; k8s-3: does not answer/);
      expect(error.todo).toMatch(/etcd is not bootstrapped without it, since that may make a second etcd/);
      return true;
    });
    expect(world.bootstrapped).toStrictEqual([]);
  });

  it("is not made beside one that is stopped, which is named", async () => {
    const world = new Machines("none", "data", "none");
    await expect(bootstrap(quickStep(), world)).rejects.toThrow(
      /etcd on all control planes: .*k8s-2: etcd is Failed/,
    );
    expect(world.bootstrapped).toStrictEqual([]);
  });

  it("counts as bootstrapped when a run that was killed has done it", async () => {
    const world = new Machines("none", "none", "none");
    world.bootstrap = failure("rpc error: code = AlreadyExists desc = etcd data directory is not empty");
    world.onLook = () => {
      for (const { address } of machines) world.state[address] = "etcd";
    };
    expect(await bootstrap(quietStep().step, world)).toMatch(/3 of 3 members healthy$/);
  });

  it.each([
    ["rpc error: code = Unavailable desc = connection refused", "installing Talos, then rebooting"],
    ["rpc error: code = FailedPrecondition desc = bootstrap is not available yet", "booting"],
    ["rpc error: code = PermissionDenied desc = not authorized", "PermissionDenied: not authorized"],
  ])("is asked for until the machine is far enough: %s", async (said, shown) => {
    const { step, lines } = quietStep();
    const world = new Machines("none", "none", "none");
    world.bootstrap = failure(said);
    step.say = (line) => {
      lines.push(line);
      world.bootstrap = "";
    };
    world.onLook = () => {
      for (const { address } of machines) world.state[address] = "etcd";
    };
    await bootstrap(step, world);
    expect(lines.slice(0, 2)).toStrictEqual([`k8s-1: ${shown}`, "k8s-1: etcd bootstrapped"]);
    expect(world.bootstrapped).toStrictEqual(["192.0.2.11", "192.0.2.11"]);
  });

  it("is given up where the bootstrap is refused for good, on that machine and no other", async () => {
    const world = new Machines("none", "none", "none");
    world.bootstrap = failure("rpc error: code = FailedPrecondition desc = x");
    await expect(bootstrap(quickStep(), world)).rejects.toThrow(
      /k8s-1 ready to bootstrap etcd: .*k8s-1: booting/,
    );
    expect(world.bootstrapped).toStrictEqual(["192.0.2.11"]);
  });

  it("needs a control plane", async () => {
    const input = { clusterId: "x", controlPlanes: [], talosconfigText: "x" };
    const { talosctl } = new Machines();
    await expect(bootstrapEtcd(quietStep().step, input, { talosctl })).rejects.toThrow(
      "there is no control plane",
    );
  });

  it("has two minutes more for each control plane, which join one after the other", () => {
    const bootstrapSeconds = (count: number): number =>
      contract.timeoutSeconds({ controlPlanes: Array<string>(count).fill("x") });
    expect(bootstrapSeconds(3) - bootstrapSeconds(1)).toBe(240);
    // Five would take about 280 s.
    expect(bootstrapSeconds(5)).toBeGreaterThanOrEqual(2 * 900 + 900);
  });
});
