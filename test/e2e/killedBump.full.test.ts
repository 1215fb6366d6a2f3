// `up` killed with -9 in the middle of Kubernetes', Cilium's and Flux's own bumps. Each next one goes on from there without
// any hand work, and nothing is left behind.
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { setFluxTag } from "./fluxTag.ts";
import type { KubeObject } from "./handOffFacts.ts";
import { killedAt } from "./killedUp.ts";
import { cordoned } from "./roll.ts";
import { newest, oldest } from "./savedLab.ts";
import { TestLab } from "./testLab.ts";
import { ciliumVersion, fluxVersions, kubelets } from "./versions.ts";
import { finishWhileWatched } from "./watch.ts";

jest.setTimeout(1_800_000);

describe("a killed bump", () => {
  let lab: TestLab;
  beforeAll(async () => {
    lab = await TestLab.restored("ha");
  });
  afterAll(async () => {
    await lab.destroy();
  });

  const setVersion = (change: object): void => {
    lab.changeConfig({ versions: (versions) => ({ ...versions, ...change }) });
  };
  const count = (versions: readonly string[], wanted: string): number =>
    versions.filter((version) => version === wanted).length;

  it("of Kubernetes, among its API servers", async () => {
    // Talos 1.11 knows Kubernetes up to 1.34.
    setVersion({ talos: newest.talos });
    await lab.finish();
    setVersion({ kubernetes: newest.kubernetes });
    await killedAt(lab, {
      resource: "talos-kubernetes",
      said: /updating "kube-apiserver"/,
      happened: async () => {
        const pods = await lab.get<{ items: KubeObject[] }>([
          "pods",
          "-n",
          "kube-system",
          "-l",
          "k8s-app=kube-apiserver",
        ]);
        const images = pods.items.map(({ spec }) => JSON.stringify(spec));
        return images.some((image) => image.includes(newest.kubernetes));
      },
    });
    expect(count(await kubelets(lab), oldest.kubernetes)).toBe(5);
  });

  it("of Kubernetes, among its kubelets, has gone on from there", async () => {
    await killedAt(lab, {
      resource: "talos-kubernetes",
      happened: async () => count(await kubelets(lab), newest.kubernetes) >= 2,
    });
    expect(count(await kubelets(lab), oldest.kubernetes)).toBeGreaterThanOrEqual(1);
  });

  it("of Kubernetes, is finished by the next one", async () => {
    await finishWhileWatched(lab);
    expect(count(await kubelets(lab), newest.kubernetes)).toBe(5);
    expect(await cordoned(lab)).toStrictEqual([]);
  });

  it("of Cilium, in the middle of Helm's upgrade, and is finished by the next one", async () => {
    setVersion({ cilium: newest.cilium });
    await killedAt(lab, {
      resource: "cluster-cilium",
      happened: async () =>
        (
          await lab.get<{ items: unknown[] }>([
            "secrets",
            "-n",
            "kube-system",
            "-l",
            "owner=helm,status=pending-upgrade",
          ])
        ).items.length === 1,
    });
    const { output } = await finishWhileWatched(lab);
    expect(output).toMatch(
      /recovered: removed Helm revision sh\.helm\.release\.v1\.cilium\.v\d+ \(pending-upgrade\)/,
    );
    expect(await ciliumVersion(lab)).toBe(newest.cilium);
  });

  /** Tag that the cluster's OCIRepository asks for. */
  const tag = async (): Promise<string> =>
    (
      await lab.get<{ spec: { ref: { tag: string } } }>([
        "ocirepository",
        "flux-manifests",
        "-n",
        "flux-system",
      ])
    ).spec.ref.tag;

  it("of Flux, before its tag is applied", async () => {
    await setFluxTag(lab, newest.flux);
    await killedAt(lab, { said: /ready for Flux v2\.9\.4/ });
    expect(await tag()).toBe(oldest.flux);
  });

  it("of Flux, after its tag is applied", async () => {
    await killedAt(lab, { happened: async () => (await tag()) === newest.flux });
  });

  it("of Flux, is finished by the next one", async () => {
    await finishWhileWatched(lab);
    expect(await fluxVersions(lab)).toStrictEqual([newest.flux]);
  });
});
