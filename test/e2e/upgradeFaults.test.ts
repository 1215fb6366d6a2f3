// What stops a roll over the machines. Each time it names the machine, leaves those behind it untouched down to their boot,
// and the next `up` goes on from there, once the cause is gone: all of it is one roll.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { cordoned, machineFacts, stops } from "./roll.ts";
import { newest } from "./savedLab.ts";
import { TestLab } from "./testLab.ts";
import { finishWhileWatched } from "./watch.ts";

const rebootSeconds = 30;
/** From the beginning of an `up` to its first step and from its last one to its end, on a busy computer. */
const aroundSeconds = 60;
/** A machine's own upgrade. */
const machineSeconds = 60;

await describe("a roll that something stops", { timeout: 1_200_000 }, async () => {
  let lab: TestLab;
  before(async () => {
    lab = await TestLab.restored("ha");
    lab.changeConfig({
      versions: (versions) => ({ ...versions, talos: newest.talos }),
      upgrades: () => ({ drainSeconds: 10, rebootSeconds }),
    });
  });
  after(async () => {
    await lab.destroy();
  });

  await it("a registry without the image, before any machine is touched", () =>
    stops(lab, {
      fault: ["image-missing:metal-installer"],
      says: [
        /k8s-\d cannot pull factory\.talos\.dev\/metal-installer\/\w+:v1\.12\.0: its registry does not have it/,
        /→ no machine has been touched; .* run pulumi up again/,
      ],
      withinSeconds: aroundSeconds,
    }));

  await it("an API server that is dead, which the cluster's endpoint hides", () =>
    stops(lab, {
      fault: ["api-down", "k8s-3"],
      says: [
        /all control planes whole before k8s-1 goes down: not there after 30 s; last seen: k8s-3: its API server does not answer/,
        /→ look at: talosctl etcd status .* run pulumi up again/,
      ],
      withinSeconds: aroundSeconds + 30,
    }));

  await it("a machine that boots the old image, which takes pods again", () =>
    stops(lab, {
      fault: ["oldImage", "k8s-1"],
      says: [
        /k8s-1 has rebooted, but runs Talos v1\.11\.6 \(schematic \w{8}\) and not v1\.12\.0 \(schematic \w{8}\)/,
        /→ look at: talosctl dmesg -n [\d.]+; .* run pulumi up again/,
      ],
      withinSeconds: aroundSeconds + machineSeconds,
      reached: ["k8s-1"],
    }));

  await it("a machine that never comes back, which stays cordoned", async () => {
    await stops(lab, {
      fault: ["neverBack", "k8s-2"],
      says: [
        /k8s-2 back after the upgrade: not there after 30 s/,
        /→ look at the screen of k8s-2 \([\d.]+\); when it runs again, run pulumi up again/,
      ],
      withinSeconds: aroundSeconds + machineSeconds + rebootSeconds + 10,
      reached: ["k8s-1", "k8s-2"],
      cordoned: ["k8s-2"],
    });
    assert.deepEqual(await cordoned(lab), ["k8s-2"], "nobody but an up knows that it is whole again");
  });

  await it("and nothing any more: the rest is done, and no machine twice", async () => {
    const before = await machineFacts(lab);
    await finishWhileWatched(lab);
    const facts = await machineFacts(lab);
    assert.deepEqual(
      Object.entries(facts).map(([name, { talos }]) => `${name} ${talos}`),
      [1, 2, 3, 4, 5].map((n) => `k8s-${String(n)} ${newest.talos}`),
    );
    assert.deepEqual(await cordoned(lab), []);
    for (const done of ["k8s-1", "k8s-2"]) assert.equal(facts[done]?.boot, before[done]?.boot);
  });

  await it("a talosctl older than the wanted Talos, before any machine is touched", async () => {
    lab.changeConfig({ versions: (versions) => ({ ...versions, talos: "v1.13.9" }) });
    await stops(lab, {
      says: [
        /talosctl v1\.12\.0 is older than Talos v1\.13\.9/,
        /→ install talosctl v1\.13 on this computer, then run pulumi up again; no machine has been touched/,
      ],
      withinSeconds: aroundSeconds,
    });
  });
});
