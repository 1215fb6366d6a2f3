// The rest of what can stop a roll over the machines (upgradeStops.full.test.ts has the quick half), in one roll again.
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { bare, pin } from "./pinned.ts";
import { cordoned, machineFacts, stops, untilWhole } from "./roll.ts";
import { newest, oldest } from "./savedLab.ts";
import { TestLab } from "./testLab.ts";
import { kubelets } from "./versions.ts";
import { finishWhileWatched } from "./watch.ts";

jest.setTimeout(1_800_000);

/** From the beginning of an `up` to its first step and from its last one to its end, on a busy computer. */
const aroundSeconds = 60;
/** A machine's own upgrade. */
const machineSeconds = 60;
const gateSeconds = 30;

describe("a roll that something else stops", () => {
  let lab: TestLab;
  beforeAll(async () => {
    lab = await TestLab.restored("ha");
    lab.changeConfig({
      versions: (versions) => ({ ...versions, talos: newest.talos }),
      upgrades: (upgrades) => ({ ...upgrades, rebootSeconds: 30 }),
    });
  });
  afterAll(async () => {
    await lab.destroy();
  });

  it("an Image Factory that nobody reaches", () =>
    stops(lab, {
      fault: ["host-down:factory.talos.dev"],
      says: [
        /k8s-\d cannot pull factory\.talos\.dev\/\S+:v1\.12\.0: .*connection refused/,
        /no machine has been touched/,
      ],
      withinSeconds: aroundSeconds,
    }));

  it("an etcd that is down on another control plane than the first", () =>
    stops(lab, {
      fault: ["etcd-down", "k8s-2"],
      says: [
        /all control planes whole before k8s-1 goes down: not there after 30 s; last seen: k8s-2: etcd is Waiting: Error running Containerd\(etcd\)/,
        /→ look at: talosctl etcd status -n [\d.,]+; .* run pulumi up again/,
      ],
      withinSeconds: aroundSeconds + gateSeconds,
    }));

  it("an etcd that runs and is not healthy", () =>
    stops(lab, {
      fault: ["etcd-unhealthy", "k8s-3"],
      says: [/last seen: k8s-3: etcd is Running, its health Fail: context deadline exceeded/],
      withinSeconds: aroundSeconds + gateSeconds,
    }));

  it("an API server that is dead, which the cluster's endpoint hides", () =>
    stops(lab, {
      fault: ["api-down", "k8s-3"],
      says: [
        /all control planes whole before k8s-1 goes down: not there after 30 s; last seen: k8s-3: its API server does not answer/,
        /→ look at: talosctl etcd status .* run pulumi up again/,
      ],
      withinSeconds: aroundSeconds + gateSeconds,
    }));

  it("an installer that fails on a control plane, which is what it was again", () =>
    stops(lab, {
      fault: ["installerFails", "k8s-1"],
      says: [
        /k8s-1: the installer failed: .*exit code 1; it has rebooted, and runs Talos v1\.11\.6 .* and not v1\.12\.0/,
        /→ look at: talosctl dmesg -n [\d.]+/,
      ],
      withinSeconds: aroundSeconds + machineSeconds,
      reached: ["k8s-1"],
    }));

  let strangerUid: string;
  it("a pod that cannot be evicted; a node that somebody else has cordoned stays so", async () => {
    await lab.ok("kubectl", "cordon", "k8s-3");
    strangerUid = await bare(lab, "k8s-4");
    const release = await pin(lab, "k8s-4");
    await stops(lab, {
      says: [
        /k8s-4: default\/bare-k8s-4 belongs to nothing that would start it elsewhere, and stays/,
        /k8s-4: all pods evicted: not there after 10 s; .*default\/pinned-k8s-4\S+ cannot be evicted: .*disruption budget/,
        /→ nothing has been changed on the machine; .* run pulumi up again/,
      ],
      withinSeconds: aroundSeconds + 3 * machineSeconds + 10,
      reached: ["k8s-1", "k8s-2", "k8s-3"],
      cordoned: ["k8s-3"],
    });
    await release();
    await lab.ok("kubectl", "uncordon", "k8s-3");
  });

  it("an installer that fails on one of two workers at once, while the other one is finished", async () => {
    // With both cordoned, what they ran has nowhere to go, and takes its time to end.
    lab.changeConfig({ upgrades: (upgrades) => ({ ...upgrades, workersAtOnce: 2, drainSeconds: 60 }) });
    await stops(lab, {
      fault: ["installerFails", "k8s-5"],
      says: [/k8s-5: the installer failed: .*exit code 1/],
      withinSeconds: aroundSeconds + 2 * machineSeconds,
      reached: ["k8s-4", "k8s-5"],
    });
    const facts = await machineFacts(lab);
    expect([facts["k8s-4"]?.talos, facts["k8s-5"]?.talos]).toStrictEqual([newest.talos, oldest.talos]);
  });

  it("and nothing any more: the rest is done", async () => {
    await finishWhileWatched(lab);
    expect(Object.values(await machineFacts(lab)).map(({ talos }) => talos)).toStrictEqual(
      Array.from({ length: 5 }, () => newest.talos),
    );
    expect(await cordoned(lab)).toStrictEqual([]);
    const stranger = await lab.get<{ metadata: { uid: string } }>(["pod", "bare-k8s-4", "-n", "default"]);
    assert.equal(
      stranger.metadata.uid,
      strangerUid,
      "a pod that belongs to nothing outlives the reboot of its machine",
    );
  });

  it("a registry without an image of the wanted Kubernetes, before any machine is touched", async () => {
    lab.changeConfig({ versions: (versions) => ({ ...versions, kubernetes: newest.kubernetes }) });
    await stops(lab, {
      fault: ["image-missing:kube-scheduler"],
      says: [
        /k8s-[123] cannot pull registry\.k8s\.io\/kube-scheduler:v1\.35\.4: its registry does not have it/,
        /no machine has been touched/,
      ],
      withinSeconds: aroundSeconds,
    });
    expect(await kubelets(lab)).toStrictEqual(Array.from({ length: 5 }, () => oldest.kubernetes));
  });

  it("an API server that is dead, before Kubernetes is upgraded", async () => {
    await stops(lab, {
      fault: ["api-down", "k8s-2"],
      says: [
        /all control planes whole before Kubernetes is upgraded: .*k8s-2: its API server does not answer/,
      ],
      withinSeconds: aroundSeconds + 60,
    });
    expect(await kubelets(lab)).toStrictEqual(Array.from({ length: 5 }, () => oldest.kubernetes));
  });

  it("and nothing any more: Kubernetes follows", async () => {
    await finishWhileWatched(lab);
    expect(await kubelets(lab)).toStrictEqual(Array.from({ length: 5 }, () => newest.kubernetes));
    await untilWhole(lab);
  });
});
