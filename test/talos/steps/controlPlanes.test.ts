// Upgrades and configs on control planes: what has to be whole before one goes down, and after it has come back.
import assert from "node:assert/strict";
import { beforeEach, describe, expect, it } from "@jest/globals";
import type { KubeObject } from "../../../src/steps/kubernetes.ts";
import type { RunResult } from "../../../src/steps/run.ts";
import type { Step } from "../../../src/steps/step.ts";
import type { StepError } from "../../../src/steps/stepError.ts";
import { settleMachine } from "../../../src/talos/steps/settleMachine.ts";
import { upgradeKubernetes } from "../../../src/talos/steps/upgradeKubernetes.ts";
import { upgradeOs } from "../../../src/talos/steps/upgradeOs.ts";
import {
  etcdService,
  failure,
  FakeCluster,
  fakeTalosctl,
  pod,
  quickStep,
  quietStep,
  resource,
  staticPod,
} from "../../fakes/clients.ts";

const machines = [1, 2, 3].map((n) => ({ name: `k8s-${String(n)}`, address: `192.0.2.1${String(n)}` }));
const [first] = machines as [(typeof machines)[number]];
const wanted = "v1.13.0";
const talosconfigText = "x";
const install = "upgrade --image factory/metal-installer/abc:v1.13.0 --timeout 1s --drain=false";

/** Control planes of a cluster, of which the first is worked on. What is done to it is written down in order. */
class Planes {
  planes = machines;
  /** Of the first one; undefined in maintenance mode. */
  version: string | undefined = "v1.12.0";
  kubernetes = "v1.34.4";
  boot = "a";
  stage = "running";
  kubelet: string | RunResult = etcdService("Running", "OK");
  /** What `talosctl service etcd` prints, by address, where it is not well. */
  readonly etcd: Record<string, string> = {};
  /** What the upgrade makes of the first one; the answer is what talosctl says. */
  upgrade: () => string | RunResult = () => {
    this.version = wanted;
    this.boot = "b";
    return "";
  };
  /** Called before each look at the first one's stage. */
  onStage: () => void = () => undefined;
  readonly done: string[] = [];

  readonly talosctl = fakeTalosctl((address, command) => {
    const [word = ""] = command.split(" ");
    const isFirst = address === first.address;
    if (isFirst && this.version === undefined && !command.endsWith("--insecure"))
      return failure("x509: certificate signed by unknown authority");
    switch (true) {
      case word === "version":
        return `Client:\n\tTag: v1.13.0\nServer:\n\tTag:         ${this.version ?? wanted}\n`;
      case word === "read":
        return `${this.boot}\n`;
      case command.startsWith("get machinestatus"):
        if (isFirst) this.onStage();
        return `spec:\n    stage: ${isFirst ? this.stage : "running"}\n`;
      case command.startsWith("get hostname"):
        return `spec:\n    hostname: k8s-${address.at(-1) ?? ""}\n`;
      case command.startsWith("get kubeletspecs"):
        return `spec:\n    image: ghcr.io/siderolabs/kubelet:${this.kubernetes}\n`;
      case /^get \w+configs /.test(command):
        return resource(1, "enabled: true");
      case command === "service etcd":
        return this.etcd[address] ?? etcdService("Running", "OK");
      case command === "service kubelet":
        return this.kubelet;
      case command === "etcd members":
        return ["NODE ID HOSTNAME PEERS CLIENTS LEARNER", ...this.planes.map(memberRow)].join("\n");
      case command.startsWith("etcd remove-member"):
        this.done.push(`${address}: ${command}`);
        return "";
      case word === "upgrade" || word === "upgrade-k8s":
        this.done.push(`${address}: ${command}`);
        return this.upgrade();
      default:
        return "";
    }
  }, "v1.13.0");
}

function memberRow({ name, address }: (typeof machines)[number]): string {
  return `x id-${name} ${name} https://${address}:2380 https://${address}:2379 false`;
}

let box: Planes;
let cluster: FakeCluster;
beforeEach(() => {
  box = new Planes();
  cluster = new FakeCluster(pod("web", { node: first.name }));
  ready("True");
});

function ready(status: string, bootID?: string): void {
  const conditions = [{ type: "Ready", status, message: "no network" }];
  cluster.node = { ...cluster.node, status: { conditions, nodeInfo: { bootID } } };
}

const isCordoned = (): boolean => cluster.node.spec?.["unschedulable"] === true;

async function stops(work: Promise<unknown>, message: RegExp, todo: RegExp): Promise<void> {
  await assert.rejects(work, (error: StepError) => {
    expect(error.message).toMatch(message);
    expect(error.todo).toMatch(todo);
    return true;
  });
}

/** Waits that are not over by then never are. */
const soon = 0.5;

describe("Talos on a control plane", () => {
  const upgrade = (step: Step = quietStep().step, { generation = 1, nodes = 4, hasCluster = true } = {}) =>
    upgradeOs(
      step,
      {
        node: { ...first, role: "controlplane" },
        talosVersion: wanted,
        schematicId: "abc",
        installer: "factory/metal-installer/abc",
        generation,
        controlPlanes: box.planes,
        nodes,
        drainSeconds: 1,
        rebootSeconds: 1,
        stack: "test",
        ageRecipients: ["age1"],
        talosconfigText,
      },
      {
        talosctl: box.talosctl,
        api: () => Promise.resolve(hasCluster ? cluster.client : undefined),
        snapshot: (_asking, { name }) => {
          box.done.push(`snapshot of ${name}`);
          return Promise.resolve();
        },
      },
    );
  const untouched = (): void => {
    expect([box.done, cluster.evicted, isCordoned()]).toStrictEqual([[], [], false]);
  };

  it("is upgraded between two looks that find all control planes whole", async () => {
    const { step, lines } = quietStep();
    expect(await upgrade(step)).toBe("k8s-1 runs Talos v1.13.0 (schematic abc), was v1.12.0");
    expect(box.done).toStrictEqual(["snapshot of k8s-1", `192.0.2.11: ${install}`]);
    expect([cluster.evicted, isCordoned()]).toStrictEqual([["web"], false]);
    const looks = lines.filter((line) => line === "all control planes are whole; looking once more");
    expect(looks.length).toBe(2);
  });

  it("waits while another one's etcd is ill, and is not touched", async () => {
    box.etcd["192.0.2.12"] = etcdService("Failed");
    await stops(
      upgrade(quickStep()),
      /all control planes whole before k8s-1 goes down: .*k8s-2: etcd is Failed/,
      /etcd status -n 192\.0\.2\.11,192\.0\.2\.12,192\.0\.2\.13/,
    );
    untouched();
  });

  it("is not touched where etcd cannot do without it", async () => {
    box.planes = machines.slice(0, 2);
    await stops(
      upgrade(),
      /k8s-1 cannot go down: etcd has 2 members \(k8s-1, k8s-2\), needs 2/,
      /add a control plane first/,
    );
    untouched();
  });

  it("keeps its pods on a cluster of one machine", async () => {
    box.planes = [first];
    await upgrade(quietStep().step, { nodes: 1 });
    expect([box.done.length, cluster.evicted]).toStrictEqual([2, []]);
  });

  it("is not touched while it does not answer for its boot", async () => {
    box.boot = "";
    const read = box.talosctl.run.bind(box.talosctl);
    box.talosctl.run = (address, args, ...rest) =>
      args[0] === "read" ? Promise.resolve(failure("connection reset")) : read(address, args, ...rest);
    await stops(upgrade(quickStep(soon)), /k8s-1 answers: .*connection reset/, /nothing has been changed/);
    expect([box.done, isCordoned()]).toStrictEqual([["snapshot of k8s-1"], false]);
  });

  it("counts what runs, where talosctl has lost the machine on the way", async () => {
    box.upgrade = () => {
      box.version = wanted;
      box.boot = "b";
      return failure("rpc error: code = Unavailable desc = connection refused");
    };
    expect(await upgrade()).toMatch(/^k8s-1 runs Talos v1\.13\.0/);
    expect(isCordoned()).toBe(false);
  });

  it("that failed and rebooted is named by what talosctl said and what runs", async () => {
    box.upgrade = () => {
      box.boot = "b";
      return failure("rpc error: code = Unknown desc = no space left");
    };
    await stops(
      upgrade(),
      /k8s-1: .*no space left; it has rebooted, and runs Talos v1\.12\.0 and not v1\.13\.0/,
      /the machines after it have not been touched/,
    );
    expect(isCordoned()).toBe(false);
  });

  it("that has lost its config stays cordoned, and is named", async () => {
    let looks = 0;
    box.upgrade = () => {
      box.boot = "b";
      box.onStage = () => {
        if ((looks += 1) === 1) box.version = undefined;
      };
      return "";
    };
    const { step, lines } = quietStep();
    await stops(upgrade(step), /k8s-1 has rebooted into maintenance mode: its config is gone/, /dmesg/);
    expect(isCordoned()).toBe(true);
    expect(lines).toContain("k8s-1 stays cordoned until it runs; the next pulumi up takes that back");
  });

  it.each([
    ["does not reboot", "a", "running", /back after the upgrade: .*k8s-1: has not rebooted yet/],
    ["does not finish booting", "b", "booting", /back after the upgrade: .*k8s-1: booting/],
  ])("is waited for while it %s, and takes pods only when it runs", async (_what, boot, stage, message) => {
    box.upgrade = () => {
      box.boot = boot;
      box.stage = stage;
      return "";
    };
    await stops(upgrade(quickStep(soon)), message, /look at the screen of k8s-1 \(192\.0\.2\.11\)/);
    expect(isCordoned()).toBe(stage !== "running");
  });

  it("holds the roll while its node is not Ready since the reboot, and stays cordoned", async () => {
    box.upgrade = () => {
      box.version = wanted;
      box.boot = "b";
      ready("True", "a");
      return "";
    };
    await stops(
      upgrade(quickStep(soon)),
      /node k8s-1 Ready: .*its kubelet has not reported since the reboot/,
      /kubectl describe node k8s-1/,
    );
    expect(isCordoned()).toBe(true);
  });

  it("holds the roll while its etcd is not back, on a node that takes pods", async () => {
    box.upgrade = () => {
      box.version = wanted;
      box.boot = "b";
      box.etcd[first.address] = etcdService("Preparing");
      return "";
    };
    await stops(
      upgrade(quickStep(soon)),
      /all control planes whole after k8s-1 came back: .*k8s-1: joins etcd/,
      /etcd status/,
    );
    expect(isCordoned()).toBe(false);
  });

  it("is given back by the next run where one was cut off behind the reboot", async () => {
    box.version = wanted;
    cluster.node = {
      ...cluster.node,
      metadata: { name: first.name, annotations: { "home-ops.dev/cordoned-for-upgrade": "true" } },
      spec: { unschedulable: true },
    };
    expect(await upgrade()).toBe("k8s-1 runs Talos v1.13.0 already");
    expect([box.done, isCordoned()]).toStrictEqual([[], false]);
  });

  it("says so where it can neither be drained nor given back", async () => {
    cluster.refused.set("web", { reason: "not allowed", retry: false });
    const { client } = cluster;
    const { step, lines } = quietStep();
    const change = client.change.bind(client);
    client.change = (node, { spec }) =>
      (spec as { unschedulable: unknown }).unschedulable === null
        ? Promise.reject(new Error("API is away"))
        : change(node, { metadata: { annotations: { "home-ops.dev/cordoned-for-upgrade": "true" } }, spec });
    Object.defineProperty(cluster, "client", { value: client });
    await stops(upgrade(step), /default\/web cannot be evicted: not allowed/, /nothing has been changed/);
    expect(lines).toContain("k8s-1 stays cordoned: Error: API is away");
    expect(box.done).toStrictEqual(["snapshot of k8s-1"]);
  });

  it("comes without snapshot, drain and gate before there is a cluster, where nothing runs further than booting", async () => {
    const upgraded = box.upgrade;
    box.upgrade = () => {
      box.stage = "booting";
      return upgraded();
    };
    expect(await upgrade(quietStep().step, { hasCluster: false })).toMatch(/^k8s-1 runs Talos v1\.13\.0/);
    expect([box.done, cluster.evicted]).toStrictEqual([[`192.0.2.11: ${install}`], []]);
  });

  it("comes with the config of a machine that joins anew, behind the one before it", async () => {
    box.version = undefined;
    expect(await upgrade(quietStep().step, { generation: 2 })).toBe(
      "k8s-1 has no config yet, and gets Talos v1.13.0 with it",
    );
    expect(box.done).toStrictEqual(["192.0.2.12: etcd remove-member id-k8s-1"]);
    expect([cluster.removed, cluster.evicted]).toStrictEqual([["k8s-1"], []]);
  });
});

describe("a control plane that was sent a config", () => {
  const settle = (step: Step = quietStep().step): Promise<string> =>
    settleMachine(
      step,
      {
        node: { ...first, role: "controlplane" },
        controlPlanes: machines,
        drainSeconds: 1,
        configHash: "x",
        talosconfigText,
      },
      { talosctl: box.talosctl, api: () => Promise.resolve(cluster.client) },
    );

  it("is whole when two looks in a row find it so", async () => {
    let looks = 0;
    const shows = (missing: KubeObject | undefined): void =>
      void cluster.staticPods.set("kube-scheduler-k8s-1", missing);
    box.onStage = () => {
      looks += 1;
      // The first look only waits for it to run; it looks well once before its pods start again.
      shows(looks === 3 ? undefined : staticPod("1"));
    };
    const { step, lines } = quietStep();
    expect(await settle(step)).toBe("k8s-1 runs with its config");
    expect(lines).toStrictEqual([
      "k8s-1: runs; looking once more",
      "k8s-1: kube-scheduler has not started yet",
      "k8s-1: runs; looking once more",
    ]);
    expect(looks).toBe(5);
  });

  it("is not enough when it only boots, as a worker's would be", () => {
    box.stage = "booting";
    return stops(
      settle(quickStep()),
      /k8s-1 running with its new config: .*k8s-1: booting/,
      /look at the screen of k8s-1/,
    );
  });

  it.each([
    ["its kubelet does not start", () => (box.kubelet = etcdService("Waiting")), /k8s-1: kubelet is Waiting/],
    ["its kubelet is not heard of", () => (box.kubelet = failure("EOF")), /k8s-1: EOF/],
    [
      "its etcd joins",
      () => (box.etcd[first.address] = etcdService("Preparing")),
      /k8s-1 whole with its new config: .*k8s-1: joins etcd/,
    ],
    [
      "its API server is dead",
      () => cluster.dead.add(first.address),
      /k8s-1: its API server does not answer/,
    ],
  ])("is named when %s", async (_what, fault, message) => {
    fault();
    await stops(settle(quickStep()), message, /talosctl dmesg -n 192\.0\.2\.11/);
  });
});

describe("Kubernetes on three control planes", () => {
  const upgrade = (step: Step = quietStep().step): Promise<string> =>
    upgradeKubernetes(
      step,
      { kubernetesVersion: "v1.35.4", controlPlanes: machines, workers: [], talosconfigText },
      { talosctl: box.talosctl, api: () => Promise.resolve(cluster.client) },
    );
  const command = "192.0.2.11: upgrade-k8s --to 1.35.4 --with-docs=false --with-examples=false";

  it("is upgraded once, through the first, and the diffs of manifests stay off the screen", async () => {
    const { run } = box.talosctl;
    box.talosctl.run = (address, args, seconds, onLine) => {
      if (args[0] === "upgrade-k8s")
        for (const line of [' > "192.0.2.11": starting update', "+  token: hidden", "updating manifests"])
          onLine?.(line);
      return run(address, args, seconds);
    };
    box.upgrade = () => {
      box.kubernetes = "v1.35.4";
      return "";
    };
    const { step, lines } = quietStep();
    expect(await upgrade(step)).toBe("Kubernetes v1.35.4 runs on all machines, was v1.34.4");
    expect(box.done).toStrictEqual([command]);
    expect(lines.slice(1)).toStrictEqual([
      "upgrading Kubernetes from v1.34.4 to v1.35.4",
      '> "192.0.2.11": starting update',
      "updating manifests",
    ]);
  });

  it("is not begun while one of them is ill", async () => {
    box.etcd["192.0.2.13"] = etcdService("Failed");
    await stops(
      upgrade(quickStep()),
      /all control planes whole before Kubernetes is upgraded: .*k8s-3: etcd is Failed/,
      /run pulumi up again/,
    );
    expect(box.done).toStrictEqual([]);
  });

  it.each(["v1.36.0", "v1.33.9"])("is not begun from %s", async (running) => {
    box.kubernetes = running;
    await expect(upgrade()).rejects.toThrow(`k8s-1 runs kubelet ${running}; the stack config asks for`);
    expect(box.done).toStrictEqual([]);
  });
});
