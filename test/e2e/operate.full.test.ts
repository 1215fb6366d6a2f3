// The day after: a broken commit and its fix, one object by hand, and maintenance, as people do them.
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { assertPreview } from "./changes.ts";
import type { KubeObject } from "./handOffFacts.ts";
import { leaks } from "./secrets.ts";
import { secretsOf } from "./secretsOf.ts";
import { assertNoChange, TestLab, type CommandResult } from "./testLab.ts";

jest.setTimeout(900_000);

const dns = "cluster/apps/networking/external-dns/app/kustomization.yaml";
const apps = "cluster/apps/default/kustomization.yaml";
const podinfo = "cluster/apps/default/podinfo/app/helmrelease.yaml";

describe("operating Flux", () => {
  let lab: TestLab;
  beforeAll(async () => {
    lab = await TestLab.restored("small");
  });
  afterAll(async () => {
    await lab.destroy();
  });

  const npm = async (script: string, ...words: string[]): Promise<CommandResult> =>
    lab.run("npm", ["run", "-s", script, "--", ...words]);
  /** Runs a command of the project, which must end with this exit code. */
  async function ends(code: number, script: string, ...words: string[]): Promise<string> {
    const result = await npm(script, ...words);
    assert.equal(result.code, code, result.output);
    return result.output;
  }
  const replicas = async (): Promise<unknown> =>
    (await lab.get<KubeObject>(["deployment", "podinfo", "-n", "default"])).spec["replicas"];
  const scale = async (count: number): Promise<void> => {
    await lab.commit(`${String(count)} of podinfo`, {
      [podinfo]: (text) => text.replace(/replicaCount: \d+/, `replicaCount: ${String(count)}`),
    });
  };
  const head = async (): Promise<string> => (await lab.git("rev-parse", "HEAD")).trim().slice(0, 12);
  const release = async (name: string, namespace: string): Promise<KubeObject> =>
    lab.get<KubeObject>(["helmrelease", name, "-n", namespace]);

  it("finds nothing missing on this computer and nothing wrong in the cluster", async () => {
    const computer = await ends(0, "doctor");
    for (const what of [
      "node",
      "pulumi",
      "talosctl",
      "sops",
      "git",
      "GITHUB_TOKEN",
      "stack config",
      "age key",
      "k8s-2",
    ])
      expect(computer).toMatch(new RegExp(`^ok +${what} `, "m"));
    expect(await ends(0, "doctor", "--cluster")).toMatch(/nothing is wrong/);
  });

  it("says why a broken commit is not there, and ends without waiting for what cannot come", async () => {
    await lab.commit("A file that is not there", {
      [dns]: (text) => text.replace("resources:\n", "resources:\n  - gone.yaml\n"),
    });
    const { code, output, seconds } = await npm("reconcile");
    assert.equal(code, 1, output);
    expect(output).toMatch(
      new RegExp(`GitRepository home-cluster has main@sha1:${await head()}, which is your checkout's HEAD`),
    );
    expect(output).toMatch(
      /✗ Kustomization flux-system\/external-dns: kustomize build failed.*gone\.yaml.*\n +→ .*fix it, push/,
    );
    expect(output).toMatch(
      /… Kustomization flux-system\/cloudflared waits for Kustomization flux-system\/external-dns, which fails/,
    );
    expect(output).toMatch(/\d+ Ready, 1 failed, 1 waiting for those\n$/);
    expect(seconds).toBeLessThan(90);
  });

  it("finds the root cause, what waits for it, and what to do, and prints no secret", async () => {
    const output = await ends(1, "doctor", "--cluster");
    expect(output).toMatch(
      /^1\. Kustomization flux-system\/external-dns fails\n +kustomize build failed.*gone\.yaml/m,
    );
    expect(output).toMatch(new RegExp(`applied main@sha1:\\w{12}, its source has main@sha1:${await head()}`));
    expect(output).toMatch(/^ +event +BuildFailed: /m);
    expect(output).toMatch(/^ +log +kustomize-controller: Reconciliation failed/m);
    expect(output).toMatch(
      /waiting for it: Kustomization flux-system\/cloudflared\n +→ .*fix it, push, npm run reconcile/,
    );
    expect(output).toMatch(/1 root cause, 1 object waiting/);
    expect(leaks(await secretsOf(lab), [{ name: "doctor", text: output }])).toStrictEqual([]);
  });

  it("suspends, resumes, reconciles and forces one object", async () => {
    const word = "HelmRelease/networking/traefik";
    expect(await ends(0, "flux", "suspend", "hr/networking/traefik")).toMatch(
      /stays so, also when Kustomization flux-system\/traefik is applied/,
    );
    expect((await release("traefik", "networking")).spec["suspend"]).toBe(true);
    expect(await ends(1, "flux", "reconcile", word)).toMatch(
      new RegExp(`suspended .*\\n +→ npm run flux -- resume ${word}`),
    );
    expect(await ends(0, "flux", "resume", word)).toMatch(/traefik is Ready/);
    expect((await release("traefik", "networking")).spec["suspend"]).toBe(undefined);
    expect(await ends(0, "flux", "reconcile", "helmreleases/networking/traefik")).toMatch(/traefik is Ready/);
    const version = async (): Promise<number> => {
      const { status } = await release("traefik", "networking");
      return (status as unknown as { history: { version: number }[] }).history[0]?.version ?? 0;
    };
    const former = await version();
    expect(await ends(0, "flux", "force", word)).toMatch(/Helm upgrade succeeded/);
    expect(await version()).toBe(former + 1);
    expect(await ends(1, "flux", "suspend", "hr/default/podnfo")).toMatch(
      /did you mean HelmRelease\/default\/podinfo\?/,
    );
    expect(await ends(1, "flux", "suspend", "ks/flux-system/cluster")).toMatch(
      /is Pulumi's, .*\n +→ to suspend everything, write suspend: true in the stack config/,
    );
  });

  it("is at the next commit, which fixes it, when reconcile ends", async () => {
    await lab.commit("Fix it", { [dns]: (text) => text.replace("  - gone.yaml\n", "") });
    const output = await ends(0, "reconcile");
    expect(output).toMatch(new RegExp(`^GitRepository home-cluster has main@sha1:${await head()}`));
    expect(output).toMatch(/^\d+ Ready\n$/m);
    // The webhook may have brought some of them there before the command looked.
    const commit = (await lab.git("rev-parse", "HEAD")).trim();
    for (const name of ["external-dns", "cloudflared", "podinfo"]) {
      const { status } = await lab.get<KubeObject>(["kustomization", name, "-n", "flux-system"]);
      assert.equal(status?.lastAppliedRevision, `main@sha1:${commit}`, name);
      assert.equal(status.conditions?.find(({ type }) => type === "Ready")?.status, "True", name);
    }
  });

  it("shows maintenance in a preview: one input of each object of Pulumi's, and the steps", async () => {
    lab.changeConfig({ suspend: () => true });
    await assertPreview(lab, [
      ...["cluster", "flux-manifests", "home-cluster", "kustomization"].map(
        (name) => `flux-${name} update spec.suspend: nothing → true`,
      ),
      "flux-proof update environment.SUSPEND: nothing → true",
      "flux-self-management update environment.SUSPEND: nothing → true",
      "flux-suspension update environment.SUSPEND: false → true",
    ]);
  });

  it("changes nothing during maintenance, whatever is pushed", async () => {
    await ends(0, "flux", "suspend", "hr/media/jellyfin");
    const { output } = await lab.finish();
    expect(output).toMatch(/Flux is suspended: \d+ Kustomizations and \d+ HelmReleases stay as they are/);
    const { items } = await lab.get<{ items: KubeObject[] }>([
      "kustomizations,helmreleases,gitrepositories",
      "-A",
    ]);
    expect(
      items.filter(({ spec }) => spec["suspend"] !== true).map(({ metadata }) => metadata.name),
    ).toStrictEqual([]);
    assertNoChange(await lab.previewed());
    const former = await replicas();
    await scale(5);
    await lab.commit("No homepage", { [apps]: (text) => text.replace("  - homepage/ks.yaml\n", "") });
    expect(await ends(1, "reconcile")).toMatch(
      /Flux: is suspended .*\n +→ write suspend: false in the stack config, then npm run up/,
    );
    expect(await replicas()).toBe(former);
  });

  it("takes up what was pushed when maintenance ends, and leaves alone what a person had suspended", async () => {
    lab.changeConfig({ suspend: () => false });
    const { output } = await lab.finish();
    expect(output).toMatch(/resumed; suspended by hand and left so: HelmRelease media\/jellyfin/);
    expect(output).toMatch(new RegExp(`Flux runs the cluster from Git: main at ${await head()}`));
    expect(await replicas()).toBe(5);
    // It was suspended when it was taken out. Nothing of it is left behind.
    await lab.until("homepage is gone", async () => {
      const of = ["kustomizations,helmreleases,deployments", "-A"];
      const left = await lab.get<{ items: KubeObject[] }>(of);
      return left.items.every(({ metadata }) => metadata.name !== "homepage");
    });
    const { items } = await lab.get<{ items: KubeObject[] }>([
      "kustomizations,helmreleases,gitrepositories",
      "-A",
    ]);
    expect(
      items.filter(({ spec }) => spec["suspend"] === true).map(({ metadata }) => metadata.name),
    ).toStrictEqual(["jellyfin"]);
    assertNoChange(await lab.previewed());
  });
});
