import { describe, expect, it } from "@jest/globals";
import { checkFlux } from "../../src/flux/check.ts";
import type { KubeObject } from "../../src/steps/kubernetes.ts";

const version = "v2.9.4";
const labels = { "app.kubernetes.io/part-of": "flux", "app.kubernetes.io/version": version };

const deployment = (change: { labels?: object; status?: object } = {}): KubeObject => ({
  kind: "Deployment",
  metadata: { name: "source-controller", generation: 2, labels: { ...labels, ...change.labels } },
  spec: { replicas: 1 },
  status: {
    observedGeneration: 2,
    replicas: 1,
    updatedReplicas: 1,
    conditions: [{ type: "Available", status: "True" }],
    ...change.status,
  },
});

const crd = (change: { labels?: object; stored?: readonly string[] } = {}): KubeObject => ({
  kind: "CustomResourceDefinition",
  metadata: {
    name: "buckets.source.toolkit.fluxcd.io",
    labels: { ...labels, "kustomize.toolkit.fluxcd.io/name": "flux", ...change.labels },
  },
  spec: {
    group: "source.toolkit.fluxcd.io",
    names: { kind: "Bucket" },
    versions: [{ name: "v1", storage: true }],
  },
  status: { storedVersions: change.stored ?? ["v1"] },
});

const missing = (deployments: readonly KubeObject[], crds: readonly KubeObject[]): string | undefined => {
  const seen = checkFlux(version, deployments, crds);
  return seen.done ? undefined : seen.missing;
};

describe("the look at Flux after a bump", () => {
  it("is content when all controllers and definitions are of the version", () => {
    expect(checkFlux(version, [deployment()], [crd()])).toStrictEqual({
      done: true,
      value: "1 controllers of Flux v2.9.4",
    });
  });

  const old = { "app.kubernetes.io/version": "v2.7.3" };
  const waiting: readonly (readonly [string, KubeObject, KubeObject, string])[] = [
    [
      "a controller of the old version",
      deployment({ labels: old }),
      crd(),
      "source-controller is of Flux v2.7.3, not yet of v2.9.4",
    ],
    [
      "an old pod that is still there beside the new one",
      deployment({ status: { replicas: 2 } }),
      crd(),
      "source-controller v2.9.4 is not available yet",
    ],
    [
      "a Deployment whose change nobody has seen yet",
      deployment({ status: { observedGeneration: 1 } }),
      crd(),
      "source-controller v2.9.4 is not available yet",
    ],
    [
      "a controller that is not available",
      deployment({ status: { conditions: [{ type: "Available", status: "False" }] } }),
      crd(),
      "source-controller v2.9.4 is not available yet",
    ],
    [
      "a definition of the old version",
      deployment(),
      crd({ labels: old }),
      "definition buckets.source.toolkit.fluxcd.io is of Flux v2.7.3, not yet of v2.9.4",
    ],
    [
      "a definition that Flux does not own yet",
      deployment(),
      crd({ labels: { "kustomize.toolkit.fluxcd.io/name": undefined } }),
      "definition buckets.source.toolkit.fluxcd.io does not belong to the Kustomization flux yet",
    ],
    [
      "objects in a version that is gone",
      deployment(),
      crd({ stored: ["v1", "v1beta2"] }),
      "definition buckets.source.toolkit.fluxcd.io does not have v1beta2, in which objects are stored",
    ],
  ];
  it.each(waiting)("waits for %s", (_what, controller, definition, message) => {
    expect(missing([controller], [definition])).toBe(message);
  });

  it("says so when there is no Flux", () => {
    expect(missing([], [])).toBe("Flux is not installed");
  });
});
