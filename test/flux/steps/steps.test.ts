// The steps of the hand-off, on a cluster that is a list of objects.
import assert from "node:assert/strict";
import { describe, expect, it } from "@jest/globals";
import { proveHandOff } from "../../../src/flux/steps/proveHandOff.ts";
import { suspendFlux } from "../../../src/flux/steps/suspendFlux.ts";
import { tryDeployKey } from "../../../src/flux/steps/tryDeployKey.ts";
import { waitForSelfManagement } from "../../../src/flux/steps/waitForSelfManagement.ts";
import type { Kubernetes, KubeObject } from "../../../src/steps/kubernetes.ts";
import { quietStep } from "../../fakes/clients.ts";

const kubeconfigText = "x";
const commit = "0123456789abcdef0123456789abcdef01234567";
const git = {
  url: "ssh://git@192.0.2.2:2222/home/x.git",
  branch: "main",
  knownHosts: ["[192.0.2.2]:2222 x y"],
};

/** A cluster with these objects, in which nothing happens by itself. */
function cluster(...objects: readonly KubeObject[]): {
  readonly kubernetes: Kubernetes;
  readonly changed: string[];
} {
  const changed: string[] = [];
  const kubernetes = {
    list: (_version: string, kind: string) => Promise.resolve(objects.filter((one) => one.kind === kind)),
    read: (_version: string, kind: string, name: string) =>
      Promise.resolve(objects.find((one) => one.kind === kind && one.metadata?.name === name)),
    change: (
      object: KubeObject,
      change: { metadata: { annotations: object }; spec: Record<string, unknown> },
    ) => {
      changed.push(`${object.metadata?.name ?? ""} ${String(change.spec["suspend"])}`);
      Object.assign(object.metadata?.annotations ?? {}, change.metadata.annotations);
      Object.assign(object.spec ?? {}, change.spec);
      return Promise.resolve();
    },
  } as unknown as Kubernetes;
  return { kubernetes, changed };
}

function object(kind: string, name: string, revision = "", spec: Record<string, unknown> = {}): KubeObject {
  const group =
    { GitRepository: "source", OCIRepository: "source", HelmRelease: "helm" }[kind] ?? "kustomize";
  return {
    apiVersion: `${group}.toolkit.fluxcd.io/v1`,
    kind,
    metadata: { name, namespace: "flux-system", generation: 1, annotations: {} },
    spec,
    status: {
      observedGeneration: 1,
      lastAppliedRevision: revision,
      artifact: { revision },
      conditions: [{ type: "Ready", status: "True", observedGeneration: 1 }],
    },
  };
}

describe("the proof of the hand-off", () => {
  const atCommit = `main@sha1:${commit}`;
  it("is Flux at the commit that the deploy key reads, and all of the tree Ready", async () => {
    const { kubernetes } = cluster(
      object("GitRepository", "home-cluster", atCommit),
      object("Kustomization", "cluster", atCommit),
      object("HelmRelease", "echo", "1.0.0"),
    );
    const asked: unknown[] = [];
    const said = await proveHandOff(
      quietStep().step,
      { git, kubeconfigText, deployKey: "key" },
      {
        kubernetes,
        read: (_owner, remote, branch, key) => {
          asked.push(remote.host, remote.port, branch, key);
          return Promise.resolve(commit);
        },
      },
    );
    expect(asked).toStrictEqual(["192.0.2.2", 2222, "main", "key"]);
    expect(said).toBe("Flux runs the cluster from Git: main at 0123456789ab, 2 objects Ready");
  });

  it("asks nobody while Flux is suspended", async () => {
    const { kubernetes } = cluster();
    const read = (): Promise<string> => assert.fail("read");
    const input = { git, suspend: true, kubeconfigText, deployKey: "key" };
    expect(await proveHandOff(quietStep().step, input, { kubernetes, read })).toMatch(/^Flux is suspended/);
    expect(await waitForSelfManagement(quietStep().step, input, { kubernetes })).toMatch(
      /^Flux is suspended/,
    );
  });
});

describe("the deploy key", () => {
  it("is tried on the branch", async () => {
    const said = await tryDeployKey(
      quietStep().step,
      { git, deployKey: "key" },
      { read: () => Promise.resolve(commit) },
    );
    expect(said).toBe("the deploy key reads main at 0123456789ab");
  });
});

describe("maintenance", () => {
  const suspend = (value: boolean, ...objects: readonly KubeObject[]): [Promise<string>, string[]] => {
    const { kubernetes, changed } = cluster(...objects);
    return [suspendFlux(quietStep().step, { suspend: value, kubeconfigText }, { kubernetes }), changed];
  };

  it("suspends what is not suspended, and resumes that alone", async () => {
    const byHand = object("HelmRelease", "by-hand", "", { suspend: true });
    const objects = [object("Kustomization", "apps"), object("HelmRelease", "echo"), byHand];
    const [suspended, first] = suspend(true, ...objects);
    expect(await suspended).toBe("Flux is suspended: 1 Kustomization and 2 HelmReleases stay as they are");
    expect(first).toStrictEqual(["apps true", "echo true"]);
    const [resumed, second] = suspend(false, ...objects);
    expect(await resumed).toMatch(
      /^1 Kustomization and 1 HelmRelease resumed; suspended by hand and left so: .*by-hand/,
    );
    expect(second).toStrictEqual(["echo null", "apps null"]);
  });

  it("has nothing to resume where nothing was suspended for it", async () => {
    const [resumed, changed] = suspend(false, object("Kustomization", "apps"));
    expect(await resumed).toBe("nothing was suspended for maintenance");
    expect(changed).toStrictEqual([]);
  });
});
