// The Git tree as it is shipped, on a running lab: everything in it Ready, and what the owner of a cluster relies on when
// something is changed behind Flux's back, taken out, broken by a commit, or taken back.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import type { KubeObject } from "./handOffFacts.ts";
import { project, TestLab } from "./testLab.ts";

jest.setTimeout(600_000);

interface List {
  readonly items: readonly KubeObject[];
}

interface Workload {
  readonly spec: {
    readonly replicas: number;
    readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
  };
}

describe("the tree on a cluster", () => {
  let lab: TestLab;
  beforeAll(async () => {
    lab = await TestLab.restored("small");
  });
  afterAll(async () => {
    await lab.destroy();
  });

  /** What `flux reconcile` does. */
  const reconcile = async (kind: string, name: string, namespace = "flux-system"): Promise<void> => {
    const now = `reconcile.fluxcd.io/requestedAt=${new Date().toISOString()}`;
    await lab.ok("kubectl", "annotate", "--overwrite", kind, name, "-n", namespace, now);
  };
  const push = async (): Promise<string> => {
    await lab.push();
    await reconcile("gitrepository", "home-cluster");
    return (await lab.git("rev-parse", "HEAD")).trim();
  };
  const commit = async (...change: Parameters<TestLab["commit"]>): Promise<string> => {
    await lab.commit(...change);
    return push();
  };
  const revert = async (): Promise<string> => {
    await lab.git("revert", "--no-edit", "HEAD");
    return push();
  };
  const ready = (object: KubeObject): Condition | undefined =>
    (object.status?.conditions as readonly Condition[] | undefined)?.find(({ type }) => type === "Ready");
  const kustomization = (name: string): Promise<KubeObject> =>
    lab.get(["kustomization", name, "-n", "flux-system"]);
  const isAt = async (name: string, revision: string): Promise<boolean> => {
    const object = await kustomization(name);
    return object.status?.lastAppliedRevision === `main@sha1:${revision}` && ready(object)?.status === "True";
  };
  const exists = async (kind: string, name: string, namespace: string): Promise<boolean> =>
    (await lab.ok("kubectl", "get", kind, name, "-n", namespace, "--ignore-not-found", "-o=name")).trim() !==
    "";

  it("is there in full: every Kustomization and HelmRelease of its files, all of them Ready", async () => {
    for (const [kind, least] of [
      ["kustomization", 19],
      ["helmrelease", 10],
    ] as const) {
      const { items } = await lab.get<List>([kind, "-A"]);
      const wanted = namesInTree(kind);
      assert.ok(wanted.length >= least, wanted.join(", "));
      expect(items.map(({ metadata }) => metadata.name).toSorted()).toStrictEqual(wanted);
    }
    // The sources' pods have lost what they had fetched when the lab was stopped.
    await lab.until(
      "all of them Ready, as the summary says",
      async () =>
        /^Ready: (\d+) of \1 Kustomizations, (\d+) of \2 HelmReleases$/m.test(await lab.cli("status")),
      120,
    );
  });

  it("is what runs: drift of a Helm release and of a plain object is taken back", async () => {
    const deployment = (name: string): Promise<Workload> => lab.get(["deployment", name, "-n", "default"]);
    await lab.ok("kubectl", "scale", "deployment/podinfo", "-n", "default", "--replicas=0");
    await lab.ok(
      "kubectl",
      "set",
      "image",
      "deployment/smtp-relay",
      "-n",
      "default",
      "*=example.com/other:1",
    );
    await reconcile("helmrelease", "podinfo", "default");
    await reconcile("kustomization", "smtp-relay");
    await lab.until(
      "podinfo has its replicas",
      async () => (await deployment("podinfo")).spec.replicas === 2,
    );
    await lab.until("smtp-relay has its image", async () =>
      (await deployment("smtp-relay")).spec.template.spec.containers.every(({ image }) =>
        image.startsWith("ghcr.io/foxcpp/maddy:"),
      ),
    );
  });

  it("loses what is taken out of it, but no namespace, and has it back with a revert", async () => {
    const folder = "cluster/apps/default/kustomization.yaml";
    await commit("No start page", { [folder]: (text) => text.replace("  - homepage/ks.yaml\n", "") });
    await lab.until("homepage is gone", async () => !(await exists("deployment", "homepage", "default")));
    await lab.until(
      "its Kustomization is gone",
      async () => !(await exists("kustomization", "homepage", "flux-system")),
    );
    await lab.git("rm", "-r", "--quiet", "cluster/apps/media");
    const commitOfMedia = await commit("No media", {});
    await lab.until("cluster-apps is at the commit", () => isAt("cluster-apps", commitOfMedia));
    expect(await exists("namespace", "media", "default")).toBeTruthy();
    await lab.git("revert", "--no-edit", "HEAD", "HEAD~1");
    const whole = await push();
    await lab.until("homepage is back", () => isAt("homepage", whole));
    await lab.until("jellyfin is back", () => isAt("jellyfin", whole));
  });

  it("leaves what runs alone when a commit does not build, says why, and goes on with the next commit", async () => {
    const podinfo = await lab.get<KubeObject>(["deployment", "podinfo", "-n", "default"]);
    await commit("A mistake", {
      "cluster/apps/default/podinfo/app/kustomization.yaml": (text) =>
        text.replace("helmrelease.yaml", "helm.yaml"),
      "cluster/apps/default/smtp-relay/app/service.yaml": (text) =>
        text.replace("port: 25\n", "port: none\n"),
    });
    const complaint = async (name: string): Promise<string> =>
      ready(await kustomization(name))?.message ?? "";
    await lab.until("podinfo's build is complained about", async () =>
      /helm\.yaml.*no such file|accumulating resources/.test(await complaint("podinfo")),
    );
    await lab.until("smtp-relay's port is complained about", async () =>
      (await complaint("smtp-relay")).includes("Service/default/smtp-relay"),
    );
    expect(ready(await kustomization("podinfo"))?.status).toBe("False");
    const still = await lab.get<KubeObject>(["deployment", "podinfo", "-n", "default"]);
    expect(still.spec).toStrictEqual(podinfo.spec);
    expect(await exists("service", "smtp-relay", "default")).toBeTruthy();
    const fixed = await revert();
    await lab.until("podinfo is at the commit that fixes it", () => isAt("podinfo", fixed));
    await lab.until("smtp-relay, too", () => isAt("smtp-relay", fixed));
  });

  it("goes back to the version before by a revert", async () => {
    const release = "cluster/apps/default/podinfo/app/helmrelease.yaml";
    const [, from = ""] = /version: (\S+)/.exec(readFileSync(join(lab.layout.repo, release), "utf8")) ?? [];
    const chart = async (): Promise<string> => {
      const object = await lab.get<
        KubeObject & { status?: { history?: readonly { chartVersion: string }[] } }
      >(["helmrelease", "podinfo", "-n", "default"]);
      return object.status?.history?.[0]?.chartVersion ?? "";
    };
    expect(await chart()).toBe(from);
    await commit("Another podinfo", { [release]: (text) => text.replace(from, "6.9.9") });
    // Flux looks into a chart repository every two hours.
    await reconcile("helmrepository", "podinfo");
    await lab.until("podinfo is upgraded", async () => (await chart()) === "6.9.9");
    const back = await revert();
    await lab.until("podinfo is what it was", async () => (await chart()) === from);
    await lab.until("podinfo is Ready", () => isAt("podinfo", back));
  });
});

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message?: string;
}

/** Names of all objects of a kind in the shipped tree, sorted. */
function namesInTree(kind: "kustomization" | "helmrelease"): readonly string[] {
  const header =
    kind === "kustomization"
      ? /^apiVersion: kustomize\.toolkit\.fluxcd\.io\/v1\nkind: Kustomization\nmetadata:\n {2}name: (\S+)/gm
      : /^apiVersion: helm\.toolkit\.fluxcd\.io\/v2\nkind: HelmRelease\nmetadata:\n {2}name: (\S+)/gm;
  const tree = join(project, "cluster");
  return readdirSync(tree, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".yaml"))
    .flatMap((file) => [...readFileSync(join(tree, file), "utf8").matchAll(header)])
    .flatMap(([, name]) => name ?? [])
    .toSorted();
}
