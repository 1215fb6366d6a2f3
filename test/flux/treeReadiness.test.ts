import { describe, expect, it } from "@jest/globals";
import { treeReadiness } from "../../src/flux/treeReadiness.ts";
import type { KubeObject } from "../../src/steps/kubernetes.ts";

const [before, now] = ["main@sha1:aaa", "main@sha1:bbb"];

function kustomization(name: string, revision: string, more: object = {}): KubeObject {
  return {
    kind: "Kustomization",
    metadata: { name, namespace: "flux-system", generation: 1 },
    spec: { sourceRef: { kind: "GitRepository", name: "home-cluster" }, ...more },
    status: {
      observedGeneration: 1,
      lastAppliedRevision: revision,
      conditions: [{ type: "Ready", status: "True", message: `Applied revision: ${revision}` }],
    },
  };
}

describe("the tree", () => {
  const root = kustomization("cluster", now);

  it("is Ready when everything is, at the commit of the root", () => {
    expect(treeReadiness([root, kustomization("apps", now)])).toStrictEqual({ done: true, value: 2 });
  });

  it("is not Ready while a child is Ready at the commit before", () => {
    expect(treeReadiness([root, kustomization("apps", before)])).toStrictEqual({
      done: false,
      missing: "1 of 2 Ready; Kustomization flux-system/apps: is at main@sha1:aaa",
    });
  });

  it("does not wait for what is suspended, nor for the commit in what comes from elsewhere", () => {
    const sourceRef = { kind: "OCIRepository", name: "flux-manifests" };
    expect(
      treeReadiness([
        root,
        kustomization("mine", before, { suspend: true }),
        kustomization("flux", "v2.9.4@sha256:abc", { sourceRef }),
      ]),
    ).toStrictEqual({ done: true, value: 3 });
  });
});
