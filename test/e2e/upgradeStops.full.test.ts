// What stops a roll over the machines. Each time it names the machine, leaves those behind it untouched down to their boot,
// and the next `up` goes on from there, once the cause is gone: all of it is one roll.
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { cordoned, machineFacts, stops } from "./roll.ts";
import { newest } from "./savedLab.ts";
import { TestLab } from "./testLab.ts";
import { finishWhileWatched } from "./watch.ts";

jest.setTimeout(1_200_000);

const rebootSeconds = 30;
/** From the beginning of an `up` to its first step and from its last one to its end, on a busy computer. */
const aroundSeconds = 60;
/** A machine's own upgrade. */
const machineSeconds = 60;

describe("a roll that something stops", () => {
  let lab: TestLab;
  beforeAll(async () => {
    lab = await TestLab.restored("ha");
    lab.changeConfig({
      versions: (versions) => ({ ...versions, talos: newest.talos }),
      upgrades: (upgrades) => ({ ...upgrades, rebootSeconds }),
    });
  });
  afterAll(async () => {
    await lab.destroy();
  });

  it("a registry without the image, before any machine is touched", () =>
    stops(lab, {
      fault: ["image-missing:metal-installer"],
      says: [
        /k8s-\d cannot pull factory\.talos\.dev\/metal-installer\/\w+:v1\.12\.0: its registry does not have it/,
        /→ no machine has been touched; .* run pulumi up again/,
      ],
      withinSeconds: aroundSeconds,
    }));

  it("a machine that boots the old image, which takes pods again", () =>
    stops(lab, {
      fault: ["oldImage", "k8s-1"],
      says: [
        /k8s-1 has rebooted, but runs Talos v1\.11\.6 \(schematic \w{8}\) and not v1\.12\.0 \(schematic \w{8}\)/,
        /→ look at: talosctl dmesg -n [\d.]+; .* run pulumi up again/,
      ],
      withinSeconds: aroundSeconds + machineSeconds,
      reached: ["k8s-1"],
    }));

  it("a machine that never comes back, which stays cordoned", async () => {
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

  it("and nothing any more: the rest is done, and no machine twice", async () => {
    const before = await machineFacts(lab);
    await finishWhileWatched(lab);
    const facts = await machineFacts(lab);
    expect(Object.entries(facts).map(([name, { talos }]) => `${name} ${talos}`)).toStrictEqual(
      [1, 2, 3, 4, 5].map((n) => `k8s-${String(n)} ${newest.talos}`),
    );
    expect(await cordoned(lab)).toStrictEqual([]);
    for (const done of ["k8s-1", "k8s-2"]) expect(facts[done]?.boot).toBe(before[done]?.boot);
  });

  it("a talosctl older than the wanted Talos, before any machine is touched", async () => {
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
