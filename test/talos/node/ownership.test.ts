import { describe, expect, it } from "@jest/globals";
import type { KubeObject } from "../../../src/steps/kubernetes.ts";
import { forbiddenChange } from "../../../src/talos/node/ownership.ts";

const role = "node-role.kubernetes.io/gpu";
const notReady = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" };
const cilium = { key: "node.cilium.io/agent-not-ready", effect: "NoSchedule" };

interface Seen {
  readonly labels?: Record<string, string>;
  readonly ownedLabels?: readonly string[];
  readonly taints?: readonly object[];
  readonly ownedTaints?: readonly string[];
}

function node({ labels = {}, ownedLabels, taints = [], ownedTaints }: Seen): KubeObject {
  const annotations = {
    ...(ownedLabels === undefined ? {} : { "talos.dev/owned-labels": JSON.stringify(ownedLabels) }),
    ...(ownedTaints === undefined ? {} : { "talos.dev/owned-taints": JSON.stringify(ownedTaints) }),
  };
  return { metadata: { name: "k8s-4", resourceVersion: "7", labels, annotations }, spec: { taints } };
}

describe("what the program writes on a worker's Node", () => {
  it("is nothing where nothing is declared and nothing is owned", () => {
    expect(forbiddenChange(node({ taints: [notReady] }), {})).toBe(undefined);
  });

  it("is no label that the kubelet may set itself", () => {
    expect(forbiddenChange(node({}), { labels: { zone: "attic" } })).toBe(undefined);
  });

  it("is a forbidden label, with the record that Talos reads", () => {
    expect(
      forbiddenChange(node({ ownedLabels: ["zone"] }), { labels: { zone: "attic", [role]: "" } }),
    ).toStrictEqual({
      metadata: {
        resourceVersion: "7",
        labels: { [role]: "" },
        annotations: { "talos.dev/owned-labels": JSON.stringify([role, "zone"]) },
      },
    });
  });

  it("is a taint, beside those of others", () => {
    expect(
      forbiddenChange(node({ taints: [notReady, cilium] }), { taints: { dedicated: "gpu:NoSchedule" } }),
    ).toStrictEqual({
      metadata: { resourceVersion: "7", annotations: { "talos.dev/owned-taints": '["dedicated"]' } },
      spec: { taints: [notReady, cilium, { key: "dedicated", value: "gpu", effect: "NoSchedule" }] },
    });
  });

  it("is nothing when the Node shows it already", () => {
    const shown = node({
      labels: { [role]: "" },
      taints: [{ key: "dedicated", value: "gpu", effect: "NoSchedule" }],
    });
    const declared = { labels: { [role]: "" }, taints: { dedicated: "gpu:NoSchedule" } };
    expect(forbiddenChange(shown, declared)).toBe(undefined);
  });

  it("is another value of what is owned", () => {
    const owned = node({
      labels: { [role]: "old" },
      ownedLabels: [role],
      taints: [cilium, { key: "dedicated", value: "old", effect: "NoSchedule" }],
      ownedTaints: ["dedicated"],
    });
    const change = forbiddenChange(owned, {
      labels: { [role]: "new" },
      taints: { dedicated: "new:NoExecute" },
    });
    expect(change?.metadata.labels).toStrictEqual({ [role]: "new" });
    expect(change?.spec?.taints).toStrictEqual([
      cilium,
      { key: "dedicated", value: "new", effect: "NoExecute" },
    ]);
  });

  it("is not another value of what somebody else has set", () => {
    const theirs = node({
      labels: { [role]: "theirs" },
      taints: [{ key: "dedicated", value: "theirs", effect: "NoSchedule" }],
    });
    const declared = { labels: { [role]: "" }, taints: { dedicated: "gpu:NoSchedule" } };
    expect(forbiddenChange(theirs, declared)).toBe(undefined);
  });

  it("takes back what is owned and not declared any more, and nothing else", () => {
    const before = node({
      labels: { [role]: "", "node-role.kubernetes.io/other": "", zone: "attic" },
      ownedLabels: [role, "zone"],
      taints: [cilium, { key: "dedicated", effect: "NoSchedule" }, { key: "theirs", effect: "NoSchedule" }],
      ownedTaints: ["dedicated"],
    });
    expect(forbiddenChange(before, {})).toStrictEqual({
      metadata: {
        resourceVersion: "7",
        labels: { [role]: null },
        annotations: { "talos.dev/owned-labels": '["zone"]', "talos.dev/owned-taints": null },
      },
      spec: { taints: [cilium, { key: "theirs", effect: "NoSchedule" }] },
    });
  });

  it("leaves a control plane to Talos", () => {
    const controlPlane = "node-role.kubernetes.io/control-plane";
    const seen = node({
      labels: { [controlPlane]: "", [role]: "" },
      ownedLabels: [role, controlPlane],
      taints: [{ key: controlPlane, effect: "NoSchedule" }],
      ownedTaints: [controlPlane],
    });
    expect(forbiddenChange(seen, { taints: { dedicated: "NoSchedule" } })).toBe(undefined);
  });

  it("takes nothing back by a record that it cannot read", () => {
    const annotations = { "talos.dev/owned-labels": "{" };
    const broken: KubeObject = { metadata: { name: "k8s-4", labels: { [role]: "" }, annotations } };
    expect(forbiddenChange(broken, {})).toBe(undefined);
  });
});
