import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import {
  atWork,
  isHandOff,
  nameOf,
  suspendedByConfig,
  suspendedByPeople,
  toResume,
  toSuspend,
} from "../../src/flux/suspension.ts";
import type { KubeObject } from "../../src/steps/kubernetes.ts";
import { readTree } from "../../tree/index.ts";

/** An object as `kind name`, applied by a Kustomization of flux-system. */
function object(
  kind: string,
  name: string,
  parent?: string,
  more: { suspend?: boolean; ours?: boolean; reconciling?: string } = {},
): KubeObject {
  return {
    kind,
    metadata: {
      name,
      namespace: "flux-system",
      labels:
        parent === undefined
          ? {}
          : {
              "kustomize.toolkit.fluxcd.io/name": parent,
              "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
            },
      annotations: more.ours === true ? { [suspendedByConfig]: "true" } : {},
    },
    spec: more.suspend === true ? { suspend: true } : {},
    status: {
      conditions:
        more.reconciling === undefined
          ? []
          : [{ type: "Reconciling", status: "True", reason: more.reconciling }],
    },
  };
}

const handOff = [object("Kustomization", "cluster"), object("Kustomization", "flux")];
const names = (objects: readonly KubeObject[]): readonly string[] =>
  objects.map((found) => nameOf(found).replace("flux-system/", ""));

describe("suspending everything", () => {
  it("knows the hand-off as the tree has it", () => {
    const tree = readTree(join(import.meta.dirname, "../../cluster"));
    const objects = [
      tree.ociRepository,
      tree.fluxKustomization,
      tree.gitRepository,
      tree.clusterKustomization,
    ];
    expect(objects.map(isHandOff)).toStrictEqual([true, true, true, true]);
    expect(isHandOff(object("Kustomization", "podinfo"))).toBe(false);
  });

  it("begins with the parents, and leaves the hand-off to Pulumi", () => {
    const found = toSuspend([
      object("HelmRelease", "podinfo", "podinfo"),
      object("Kustomization", "podinfo", "cluster-apps"),
      ...handOff,
      object("Kustomization", "cluster-apps", "cluster"),
      object("HelmRelease", "by-hand"),
    ]);
    expect(names(found)).toStrictEqual([
      "Kustomization cluster-apps",
      "HelmRelease by-hand",
      "Kustomization podinfo",
      "HelmRelease podinfo",
    ]);
  });

  it("leaves alone what is suspended already", () => {
    const mine = object("Kustomization", "mine", "cluster-apps", { suspend: true });
    const ours = object("Kustomization", "ours", "cluster-apps", { suspend: true, ours: true });
    expect(toSuspend([mine, ours])).toStrictEqual([]);
    expect(suspendedByPeople([mine, ours])).toStrictEqual(["Kustomization flux-system/mine"]);
  });

  it("does not lose itself where two name each other as parents", () => {
    expect(toSuspend([object("Kustomization", "a", "b"), object("Kustomization", "b", "a")]).length).toBe(2);
  });

  it("knows who is at work, and that waiting for the next try is no work", () => {
    expect(
      atWork([
        object("Kustomization", "applying", undefined, { reconciling: "Progressing" }),
        object("Kustomization", "failing", undefined, { reconciling: "ProgressingWithRetry" }),
        object("Kustomization", "resting"),
      ]),
    ).toStrictEqual(["Kustomization flux-system/applying"]);
  });
});

describe("resuming everything", () => {
  const ours = { suspend: true, ours: true };

  it("takes exactly what suspending has marked", () => {
    const found = toResume([
      object("Kustomization", "podinfo", "cluster-apps", ours),
      object("Kustomization", "mine", "cluster-apps", { suspend: true }),
      object("Kustomization", "running", "cluster-apps"),
    ]);
    expect(names(found)).toStrictEqual(["Kustomization podinfo"]);
  });

  it("ends with the parents: what one of them prunes while it is suspended leaves all that it applied behind", () => {
    const objects = [
      object("Kustomization", "cluster-apps", "cluster", ours),
      object("HelmRelease", "podinfo", "podinfo", ours),
      object("Kustomization", "podinfo", "cluster-apps", ours),
      ...handOff,
    ];
    const order = names(toResume(objects));
    expect(order).toStrictEqual([
      "HelmRelease podinfo",
      "Kustomization podinfo",
      "Kustomization cluster-apps",
    ]);
    // However the API server lists them.
    expect(names(toResume(objects.toReversed()))).toStrictEqual(order);
  });

  it("ends with the parents where one in between was never suspended", () => {
    const found = toResume([
      object("Kustomization", "cluster-apps", "cluster", ours),
      object("Kustomization", "running", "cluster-apps"),
      object("Kustomization", "below", "running", ours),
    ]);
    expect(names(found)).toStrictEqual(["Kustomization below", "Kustomization cluster-apps"]);
  });
});
