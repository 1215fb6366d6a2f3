// Flux is installed once, and the tree's secrets are seeded once.
import { describe, expect, it } from "@jest/globals";
import { installFlux } from "../../src/bootstrap/steps/installFlux.ts";
import { prepareFluxBump } from "../../src/flux/steps/prepareFluxBump.ts";
import type { Kubernetes, KubeObject } from "../../src/steps/kubernetes.ts";
import { quickStep, quietStep } from "../fakes/clients.ts";

const bundle = `apiVersion: apps/v1
kind: Deployment
metadata: {name: source-controller, namespace: flux-system}
---
apiVersion: v1
kind: Namespace
metadata: {name: flux-system}
`;
const pull = (): Promise<string> => Promise.resolve(bundle);

/** A cluster that keeps what is applied; its controllers become available at once, or never. */
class Cluster {
  readonly applied: string[] = [];
  readonly objects = new Map<string, KubeObject>();
  available = "True";
  version = "v1.35.4";

  readonly kubernetes = {
    version: () => Promise.resolve(this.version),
    read: (_version: string, kind: string, name: string) =>
      Promise.resolve(this.objects.get(`${kind} ${name}`)),
    list: () => Promise.resolve([]),
    applyAsKubectl: (object: KubeObject) => {
      const key = `${object.kind ?? ""} ${object.metadata?.name ?? ""}`;
      this.applied.push(`${key} in ${object.metadata?.namespace ?? "-"}`);
      const conditions = [{ type: "Available", status: this.available }];
      this.objects.set(key, { ...object, status: { conditions } });
      return Promise.resolve();
    },
  } as unknown as Kubernetes;
}

describe("Flux", () => {
  const asked: unknown[] = [];
  const install = (cluster: Cluster, step = quietStep().step, code = 0): Promise<string> =>
    installFlux(
      step,
      { clusterId: "x", tree: "cluster", kubeconfigText: "x", sopsAgeKey: "AGE" },
      {
        kubernetes: cluster.kubernetes,
        pull,
        sops: (program, args, { env }) => {
          asked.push([program, args.at(-1), env]);
          const stdout = JSON.stringify({ kind: "Secret", metadata: { name: "cluster-secrets" } });
          return Promise.resolve({ code, stdout, stderr: "no key could decrypt" });
        },
      },
    );

  it("is installed kinds first that others need, behind the tree's secrets", async () => {
    const cluster = new Cluster();
    const said = await install(cluster);
    expect(said).toMatch(/^Flux v[\d.]+ installed: 2 objects, all controllers available$/);
    expect(cluster.applied).toStrictEqual([
      "Secret cluster-secrets in flux-system",
      "Namespace flux-system in -",
      "Deployment source-controller in flux-system",
    ]);
    expect(asked.length).toBe(1);
    const [program, file, env] = asked[0] as [string, string, object];
    expect([program, env]).toStrictEqual(["sops", { SOPS_AGE_KEY: "AGE" }]);
    expect(file).toMatch(/cluster-secrets\.sops\.yaml$/);
  });

  it("is left alone when it manages itself, and so are secrets that are there", async () => {
    const cluster = new Cluster();
    const labels = { "kustomize.toolkit.fluxcd.io/name": "flux", "app.kubernetes.io/version": "v2.9.0" };
    cluster.objects.set("CustomResourceDefinition gitrepositories.source.toolkit.fluxcd.io", {
      metadata: { labels },
    });
    cluster.objects.set("Secret cluster-secrets", {});
    expect(await install(cluster)).toBe("Flux v2.9.0 is there and manages itself; nothing to install");
    expect(cluster.applied).toStrictEqual([]);
  });

  it("is not begun when the tree's secrets cannot be read", async () => {
    const cluster = new Cluster();
    await expect(install(cluster, quietStep().step, 1)).rejects.toThrow();
    expect(cluster.applied).toStrictEqual([]);
  });

  it("says which controllers are missing", async () => {
    const cluster = new Cluster();
    cluster.available = "False";
    await expect(install(cluster, quickStep())).rejects.toThrow(
      /0 of 1 controllers available; missing: source-controller/,
    );
  });
});

describe("a Flux bump", () => {
  const kinds: string[] = [];
  const prepare = (cluster: Cluster): Promise<string> =>
    prepareFluxBump(
      quietStep().step,
      { tree: "cluster", stack: "test", ageRecipients: ["age1"], kubeconfigText: "x" },
      {
        kubernetes: cluster.kubernetes,
        pull,
        backup: async ({ stack, kind, target }, take) => {
          kinds.push(`${stack} ${kind} ${String(target)} ${String((await take()).length)}`);
          return undefined;
        },
      },
    );

  it("has a backup of what Flux holds", async () => {
    expect(await prepare(new Cluster())).toMatch(/^ready for Flux v/);
    expect(kinds.join()).toMatch(/^test flux\.yaml Flux v[\d.]+ 0$/);
  });

  it("changes nothing on a Kubernetes that does not suit it", async () => {
    const cluster = new Cluster();
    cluster.version = "v1.20.0";
    await expect(prepare(cluster)).rejects.toThrow(/the cluster runs Kubernetes/);
    expect(kinds.length).toBe(1);
  });
});
