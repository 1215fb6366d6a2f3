// The steps that bring machines and Kubernetes to other versions, on machines that answer as a test says.
import assert from "node:assert/strict";
import { beforeEach, describe, expect, it } from "@jest/globals";
import type { RunResult } from "../../../src/steps/run.ts";
import type { StepError } from "../../../src/steps/stepError.ts";
import { prepareUpgrade } from "../../../src/talos/steps/prepareUpgrade.ts";
import { settleMachine } from "../../../src/talos/steps/settleMachine.ts";
import { upgradeKubernetes } from "../../../src/talos/steps/upgradeKubernetes.ts";
import { upgradeOs } from "../../../src/talos/steps/upgradeOs.ts";
import { beforeBootstrap, failure, FakeCluster, fakeTalosctl, pod, quietStep } from "../../fakes/clients.ts";

const talosconfigText = "x";
const none = (): Promise<undefined> => Promise.resolve(undefined);
const wanted = "v1.13.0";

/** One machine; what is done to it and for it is written down in order. */
class Box {
  version = "v1.12.0";
  kubernetes = "v1.34.4";
  boot = "a";
  stage = "running";
  hasConfig = true;
  hasEtcd = true;
  /** What the machine makes of an upgrade; the answer is what talosctl says. */
  upgrade: () => string | RunResult = () => {
    this.version = wanted;
    this.boot = "b";
    return "";
  };
  readonly done: string[] = [];

  readonly talosctl = fakeTalosctl((_address, command) => {
    const [word = ""] = command.split(" ");
    if (!this.hasConfig && !command.endsWith("--insecure")) return failure("x509: unknown authority");
    if (word === "version") return `Client:\n\tTag: v1.13.0\nServer:\n\tTag:         ${this.version}\n`;
    if (word === "read") return `${this.boot}\n`;
    if (command.startsWith("get machinestatus")) return `spec:\n    stage: ${this.stage}\n`;
    if (command.startsWith("get hostname")) return "spec:\n    hostname: k8s-4\n";
    if (command.startsWith("get kubeletspecs"))
      return `spec:\n    image: ghcr.io/siderolabs/kubelet:${this.kubernetes}\n`;
    if (command.startsWith("get")) return "";
    if (command === "service kubelet") return "ID       kubelet\nSTATE    Running\nHEALTH   OK\n";
    if (!this.hasEtcd && command in beforeBootstrap) return beforeBootstrap[command];
    if (!["upgrade", "upgrade-k8s", "image"].includes(word)) return "";
    this.done.push(command);
    return word === "image" ? "" : this.upgrade();
  }, "v1.13.0");
}

let box: Box;
let cluster: FakeCluster;
beforeEach(() => {
  box = new Box();
  cluster = new FakeCluster(pod("web"));
  cluster.node = { ...cluster.node, status: { conditions: [{ type: "Ready", status: "True" }] } };
});

describe("Talos on a machine", () => {
  const upgrade = (withCluster = true): Promise<string> =>
    upgradeOs(
      quietStep().step,
      {
        node: { name: "k8s-4", address: "192.0.2.21", role: "worker" },
        talosVersion: wanted,
        schematicId: "abc",
        installer: "factory/metal-installer/abc",
        generation: 1,
        controlPlanes: [],
        nodes: 2,
        drainSeconds: 1,
        rebootSeconds: 1,
        stack: "test",
        ageRecipients: ["age1"],
        talosconfigText,
      },
      {
        talosctl: box.talosctl,
        api: withCluster ? () => Promise.resolve(cluster.client) : none,
        snapshot: (_asking, _machine, { stack, recipients }) => {
          box.done.push(
            `snapshot ${stack} ${recipients.join(",")}, ${String(cluster.evicted.length)} evicted`,
          );
          return Promise.resolve();
        },
      },
    );
  const install = "upgrade --image factory/metal-installer/abc:v1.13.0 --timeout 1s --drain=false";

  it("is upgraded behind a snapshot, without its pods, and takes pods again", async () => {
    expect(await upgrade()).toBe("k8s-4 runs Talos v1.13.0 (schematic abc), was v1.12.0");
    expect(box.done).toStrictEqual(["snapshot test age1, 0 evicted", install]);
    expect(cluster.evicted).toStrictEqual(["web"]);
    expect(cluster.node.spec?.["unschedulable"] ?? false).toBe(false);
  });

  it("is left alone when it runs already", async () => {
    box.version = wanted;
    expect(await upgrade()).toBe("k8s-4 runs Talos v1.13.0 already");
    expect([box.done, cluster.evicted]).toStrictEqual([[], []]);
  });

  it("comes with the first config", async () => {
    box.hasConfig = false;
    expect(await upgrade(false)).toBe("k8s-4 has no config yet, and gets Talos v1.13.0 with it");
    expect(box.done).toStrictEqual([]);
  });

  it("goes no way back", async () => {
    box.version = "v1.14.0";
    await expect(upgrade()).rejects.toThrow(/k8s-4 runs Talos v1\.14\.0; the stack config asks for/);
    expect([box.done, cluster.evicted]).toStrictEqual([[], []]);
  });

  it("that did not boot is named, and the machine takes pods again", async () => {
    box.upgrade = () => {
      box.boot = "b";
      return "";
    };
    await assert.rejects(upgrade(), (error: StepError) => {
      expect(error.message).toMatch(
        /has rebooted, but runs Talos v1\.12\.0 and not v1\.13\.0 .*Talos went back/,
      );
      expect(error.todo).toMatch(/the machines after it have not been touched/);
      return true;
    });
    expect(cluster.node.spec?.["unschedulable"] ?? false).toBe(false);
  });

  it("that was refused is named, and what still runs", async () => {
    box.upgrade = () => failure("rpc error: code = Unknown desc = no space left");
    await expect(upgrade()).rejects.toThrow(/k8s-4: .*no space left; it still runs Talos v1\.12\.0/);
  });

  it("waits for pods that cannot go, and nothing is installed", async () => {
    cluster.refused.set("web", { reason: "a budget does not allow it", retry: true });
    await expect(upgrade()).rejects.toThrow(/budget does not allow it/);
    expect(box.done).toStrictEqual(["snapshot test age1, 0 evicted"]);
    expect(cluster.node.spec?.["unschedulable"] ?? false).toBe(false);
  });
});

describe("Kubernetes", () => {
  const first = { name: "k8s-1", address: "192.0.2.11" };
  const upgrade = (): Promise<string> =>
    upgradeKubernetes(
      quietStep().step,
      { kubernetesVersion: "v1.35.4", controlPlanes: [first], workers: [], talosconfigText },
      { talosctl: box.talosctl, api: none },
    );

  it("is upgraded from the oldest part on", async () => {
    box.upgrade = () => {
      box.kubernetes = "v1.35.4";
      return "";
    };
    expect(await upgrade()).toBe("Kubernetes v1.35.4 runs on all machines, was v1.34.4");
    expect(box.done).toStrictEqual(["upgrade-k8s --to 1.35.4 --with-docs=false --with-examples=false"]);
  });

  it("is left alone where it runs, and where there is none", async () => {
    box.kubernetes = "v1.35.4";
    expect(await upgrade()).toBe("Kubernetes v1.35.4 runs on all machines");
    box.hasEtcd = false;
    expect(await upgrade()).toBe("no Kubernetes yet: nothing to upgrade");
    expect(box.done).toStrictEqual([]);
  });

  it("names the machine that talosctl left out", async () => {
    box.upgrade = () => "";
    await expect(upgrade()).rejects.toThrow(
      /k8s-1 still runs kubelet v1\.34\.4 after talosctl upgrade-k8s to v1\.35\.4/,
    );
  });

  it("says why talosctl stopped", async () => {
    box.upgrade = () => failure("rpc error: code = Unavailable desc = connection refused");
    await expect(upgrade()).rejects.toThrow(/through k8s-1 failed: Unavailable: connection refused/);
  });
});

describe("what is prepared before an upgrade", () => {
  const prepare = (talosVersion: string, kubernetesVersion: string): Promise<string> =>
    prepareUpgrade(
      quietStep().step,
      {
        talosVersion,
        kubernetesVersion,
        ciliumVersion: "1.19.7",
        ciliumRepository: "https://helm.cilium.io/",
        stack: "test",
        ageRecipients: ["age1"],
        machines: [
          {
            name: "k8s-1",
            address: "192.0.2.11",
            role: "controlplane",
            schematic: "abc",
            installer: "factory/x",
          },
        ],
        talosconfigText,
      },
      {
        talosctl: box.talosctl,
        api: none,
        find: ({ version }) => {
          box.done.push(`chart ${version}`);
          return Promise.resolve({ url: "https://x", digest: undefined } as never);
        },
        snapshot: (_asking, _machine, { target }) => {
          box.done.push(`snapshot for ${String(target)}`);
          return Promise.resolve();
        },
      },
    );

  it("is nothing where all of it runs", async () => {
    expect(await prepare("v1.12.0", "v1.34.4")).toBe("nothing to upgrade on any machine");
    expect(box.done).toStrictEqual(["chart 1.19.7"]);
  });

  it("is the images first, then a snapshot", async () => {
    expect(await prepare("v1.13.0", "v1.35.4")).toBe(
      "ready: k8s-1 for Talos v1.13.0; all machines for Kubernetes v1.35.4",
    );
    expect(box.done).toStrictEqual([
      "chart 1.19.7",
      "image pull --namespace system factory/x:v1.13.0",
      "image pull --namespace cri ghcr.io/siderolabs/kubelet:v1.35.4",
      "image pull --namespace cri registry.k8s.io/kube-apiserver:v1.35.4",
      "image pull --namespace cri registry.k8s.io/kube-controller-manager:v1.35.4",
      "image pull --namespace cri registry.k8s.io/kube-scheduler:v1.35.4",
      "snapshot for Talos v1.13.0 (abc), Kubernetes v1.35.4",
    ]);
  });

  it("pulls nothing for a move that is none", async () => {
    await expect(prepare("v1.14.0", "v1.34.4")).rejects.toThrow(/k8s-1 runs Talos v1\.12\.0/);
    expect(box.done).toStrictEqual(["chart 1.19.7"]);
  });
});

describe("a machine that was sent a config", () => {
  const settle = (): Promise<string> =>
    settleMachine(
      quietStep().step,
      {
        node: { name: "k8s-4", address: "192.0.2.21", role: "worker" },
        controlPlanes: [{ name: "k8s-1", address: "192.0.2.11" }],
        drainSeconds: 1,
        configHash: "x",
        talosconfigText,
      },
      { talosctl: box.talosctl },
    );

  it("is waited for until it runs", async () => {
    expect(await settle()).toBe("k8s-4 runs with its config");
  });

  it("is not waited for while there is no etcd", async () => {
    box.hasEtcd = false;
    expect(await settle()).toBe("k8s-4 has its config; there is no etcd yet");
  });
});
