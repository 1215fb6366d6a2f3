// What is refused before the first machine is touched: an order that cannot be, images that cannot be had, an etcd that
// cannot do without who leaves.
import assert from "node:assert/strict";
import { beforeEach, describe, expect, it } from "@jest/globals";
import type { Kubernetes, KubeObject } from "../../../src/steps/kubernetes.ts";
import type { RunResult } from "../../../src/steps/run.ts";
import type { StepError } from "../../../src/steps/stepError.ts";
import { prepareUpgrade } from "../../../src/talos/steps/prepareUpgrade.ts";
import { runningCilium } from "../../../src/talos/kubernetes/runningCilium.ts";
import { etcdService, failure, fakeTalosctl, quietStep } from "../../fakes/clients.ts";

const installer = "factory/metal-installer/abc";
const machines = (["controlplane", "controlplane", "controlplane", "worker"] as const).map((role, at) => {
  const number = String(at + 1);
  return { name: `k8s-${number}`, address: `192.0.2.1${number}`, role, schematic: "abc", installer };
});

/** A cluster of Talos 1.12 and Kubernetes 1.34, with what is different. */
let other: (address: string, command: string) => string | RunResult | undefined;
let client = "v1.13.0";
let cilium: string | undefined;
const done: string[] = [];
beforeEach(() => {
  other = () => undefined;
  client = "v1.13.0";
  cilium = "1.19.7";
  done.length = 0;
});

function talosctl(): ReturnType<typeof fakeTalosctl> {
  return fakeTalosctl((address, command) => {
    if (command.startsWith("image pull")) done.push(`${address} ${command.split(" ").slice(3).join(" ")}`);
    const different = other(address, command);
    if (different !== undefined) return different;
    if (command === "version") return "Client:\n\tTag: v1.13.0\nServer:\n\tTag:         v1.12.0\n";
    if (command === "service etcd") return etcdService("Running", "OK");
    if (command === "etcd members") return membersOf("k8s-1", "k8s-2", "k8s-3");
    if (command.startsWith("get kubeletspecs"))
      return "spec:\n    image: ghcr.io/siderolabs/kubelet:v1.34.4\n";
    return "";
  }, client);
}

function membersOf(...names: readonly string[]): string {
  const rows = names.map((name) => `x id-${name} ${name} https://p:2380 https://c:2379 false`);
  return ["NODE ID HOSTNAME PEERS CLIENTS LEARNER", ...rows].join("\n");
}

/** The DaemonSet of a Cilium. */
function agents(image: string | undefined): KubeObject | undefined {
  if (image === undefined) return undefined;
  return { spec: { template: { spec: { containers: [{ image }] } } } };
}

const api = {
  read: (_version: string, kind: string, name: string, namespace: string) => {
    expect([kind, name, namespace]).toStrictEqual(["DaemonSet", "cilium", "kube-system"]);
    return Promise.resolve(agents(cilium === undefined ? undefined : `quay.io/cilium/cilium:v${cilium}`));
  },
} as unknown as Kubernetes;

function prepare(talos: string, kubernetes: string, wantedCilium = "1.19.7"): Promise<string> {
  return prepareUpgrade(
    quietStep().step,
    {
      talosVersion: talos,
      kubernetesVersion: kubernetes,
      ciliumVersion: wantedCilium,
      ciliumRepository: "https://helm.cilium.io/",
      stack: "test",
      ageRecipients: ["age1"],
      machines,
      talosconfigText: "x",
    },
    {
      talosctl: talosctl(),
      api: () => Promise.resolve(api),
      find: ({ version }) => {
        done.push(`chart ${version}`);
        return Promise.resolve(undefined as never);
      },
      snapshot: (_asking, { name }) => {
        done.push(`snapshot of ${name}`);
        return Promise.resolve();
      },
    },
  );
}

async function refused(work: Promise<unknown>, message: RegExp, todo: RegExp): Promise<void> {
  await assert.rejects(work, (error: StepError) => {
    expect(error.message).toMatch(message);
    expect(error.todo).toMatch(todo);
    return true;
  });
  expect(done.filter((what) => what.startsWith("snapshot"))).toStrictEqual([]);
}

describe("an upgrade of several machines", () => {
  it("has every machine pull what it will run, and one snapshot behind that", async () => {
    expect(await prepare("v1.12.0", "v1.35.4")).toBe("ready: all machines for Kubernetes v1.35.4");
    const ofWorker = done.filter((what) => what.startsWith("192.0.2.14"));
    expect(ofWorker).toStrictEqual(["192.0.2.14 cri ghcr.io/siderolabs/kubelet:v1.35.4"]);
    expect(done.filter((what) => what.startsWith("192.0.2.12")).length).toBe(4);
    expect(done.at(-1)).toBe("snapshot of k8s-1");
  });

  it("leaves out a machine that waits for its config: that brings the new image", async () => {
    other = (address, command) => {
      if (address !== "192.0.2.14") return undefined;
      return command.endsWith("--insecure")
        ? "Server:\n\tTag: v1.12.0\n"
        : failure("x509: certificate signed by unknown authority");
    };
    expect(await prepare("v1.13.0", "v1.34.4")).toBe("ready: k8s-1, k8s-2, k8s-3 for Talos v1.13.0");
    expect(done.filter((what) => what.startsWith("192.0.2.14"))).toStrictEqual([]);
  });

  it("is refused with a talosctl that is too old for it", () => {
    client = "v1.12.0";
    return refused(
      prepare("v1.13.0", "v1.34.4"),
      /talosctl v1\.12\.0 is older than Talos v1\.13\.0/,
      /no machine has been touched/,
    );
  });

  it("is refused where what runs does not suit it, in the order of the versions", async () => {
    cilium = "1.18.14";
    await refused(
      prepare("v1.12.0", "v1.35.4"),
      /^Kubernetes comes before Cilium, and Cilium 1\.18\.14 is tested up to Kubernetes 1\.33, not with v1\.35\.4$/,
      /^no machine has been touched; bump Cilium to 1\.19\.7 first/,
    );
    expect(done).toStrictEqual(["chart 1.19.7"]);
  });

  it("goes on where no Cilium runs yet", async () => {
    cilium = undefined;
    expect(await prepare("v1.12.0", "v1.35.4")).toMatch(/^ready: /);
  });
});

describe("an image that a machine cannot get", () => {
  it.each([
    [
      "its registry does not have",
      "rpc error: code = NotFound desc = IMAGE: not found",
      "its registry does not have it",
    ],
    [
      "nobody gives",
      'rpc error: code = Unknown desc = failed to pull image "IMAGE": failed to resolve reference "IMAGE": dial tcp: i/o timeout',
      "Unknown: dial tcp: i/o timeout",
    ],
  ])("that %s stops everything", async (_what, said, reason) => {
    const image = `${installer}:v1.13.0`;
    other = (address, command) =>
      address === "192.0.2.13" && command.startsWith("image")
        ? failure(said.replaceAll("IMAGE", image))
        : undefined;
    await refused(
      prepare("v1.13.0", "v1.34.4"),
      new RegExp(`^k8s-3 cannot pull ${image}: ${reason}$`),
      /no machine has been touched; check that this version exists/,
    );
  });
});

describe("a member of etcd that no control plane of the stack config is", () => {
  const withOld = (ill = false): void => {
    other = (address, command) => {
      if (command === "etcd members") return membersOf("k8s-1", "k8s-2", "k8s-3", "k8s-9");
      if (ill && command === "service etcd" && address !== "192.0.2.11") return etcdService("Failed");
      return undefined;
    };
  };

  it("leaves at the end where etcd can do without it", async () => {
    withOld();
    expect(await prepare("v1.12.0", "v1.34.4")).toBe("nothing to upgrade on any machine");
  });

  it("is asked about before anything waits for whole control planes", async () => {
    withOld(true);
    await refused(
      prepare("v1.13.0", "v1.34.4"),
      /k8s-9 cannot leave etcd: 1 of the 3 members that remain would be healthy, 2 are needed \(k8s-2: .*k8s-3: /,
      /nothing has been changed/,
    );
    expect(done).toStrictEqual(["chart 1.19.7"]);
  });
});

describe("the Cilium that runs", () => {
  it.each([
    [agents("quay.io/cilium/cilium:v1.20.1@sha256:0a1b"), "1.20.1"],
    [agents("quay.io/cilium/cilium:v1.21.0-rc.2"), "1.21.0-rc.2"],
    [agents("quay.io/cilium/cilium:latest"), undefined],
    [undefined, undefined],
    [{}, undefined],
  ])("is read from the image of its agents (%#)", async (found, version) => {
    const kubernetes = { read: () => Promise.resolve(found) } as unknown as Kubernetes;
    expect(await runningCilium(kubernetes)).toBe(version);
  });
});
