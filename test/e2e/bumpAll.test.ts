// All four versions in one commit, in the one order that there is; and a combination for which that order does not work.
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { setFluxTag } from "./fluxTag.ts";
import { newest, oldest } from "./savedLab.ts";
import { TestLab } from "./testLab.ts";
import { ciliumVersion, fluxVersions, kubelets, talosVersions } from "./versions.ts";
import { finishWhileWatched } from "./watch.ts";

jest.setTimeout(1_200_000);

describe("a bump of everything", () => {
  let lab: TestLab;
  beforeAll(async () => {
    lab = await TestLab.restored("ha");
  });
  afterAll(async () => {
    await lab.destroy();
  });

  const inAnOrderOfItsOwn = { talos: newest.talos, kubernetes: newest.kubernetes, cilium: oldest.cilium };

  it("that needs another order is refused with the bump to do first, which then works", async () => {
    lab.setVersions({ cilium: "1.18.5" });
    await lab.finish();
    lab.setVersions(inAnOrderOfItsOwn);
    const { code, output } = await lab.up();
    assert.notEqual(code, 0, output);
    expect(output).toMatch(
      /Kubernetes comes before Cilium, and Cilium 1\.18\.5 is tested up to Kubernetes 1\.33, not with v1\.35\.4 → bump Cilium to 1\.19\.7 first, in an up of its own/,
    );
    expect((await talosVersions(lab)).every((version) => version === oldest.talos)).toBeTruthy();
    lab.setVersions({ talos: oldest.talos, kubernetes: oldest.kubernetes, cilium: oldest.cilium });
    await finishWhileWatched(lab);
    expect(await ciliumVersion(lab)).toBe(oldest.cilium);
  });

  it("goes Talos, Kubernetes, Cilium, Flux", async () => {
    lab.setVersions({ talos: newest.talos, kubernetes: newest.kubernetes, cilium: newest.cilium });
    await setFluxTag(lab, newest.flux);
    const { output } = await finishWhileWatched(lab);
    const order = [
      "talos-prepare updating",
      ...["k8s-1", "k8s-2", "k8s-3", "k8s-4", "k8s-5"].map((name) => `talos-${name}-os updating`),
      "talos-kubernetes updating",
      "talos-k8s-1-config updating",
      "cluster-cilium updating",
      "flux-flux-manifests updating",
      `Flux manages itself at ${newest.flux}@`,
    ].map((text) => ({ text, at: output.indexOf(text) }));
    assert.deepEqual(
      order.filter(({ at }) => at < 0),
      [],
      output,
    );
    expect(order).toStrictEqual(order.toSorted((a, b) => a.at - b.at));
  });

  it("has reached all of them", async () => {
    expect([...new Set(await talosVersions(lab))]).toStrictEqual([newest.talos]);
    expect([...new Set(await kubelets(lab))]).toStrictEqual([newest.kubernetes]);
    expect(await ciliumVersion(lab)).toBe(newest.cilium);
    expect(await fluxVersions(lab)).toStrictEqual([newest.flux]);
  });
});
