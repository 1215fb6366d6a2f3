import { describe, expect, it } from "@jest/globals";
import { nodeMetadata } from "../../../src/talos/node/declared.ts";
import { isForbiddenLabel, shownTaint, taintOf } from "../../../src/talos/node/metadata.ts";

describe("what patches declare of a Node", () => {
  it("is nothing where nothing is declared", () => {
    expect(nodeMetadata([])).toStrictEqual({});
    expect(nodeMetadata([{ machine: { sysctls: { a: "1" } } }, { kind: "VolumeConfig" }])).toStrictEqual({});
  });

  it("is merged key by key, a later patch wins", () => {
    expect(
      nodeMetadata([
        {
          machine: {
            nodeLabels: { zone: "attic", gpu: "true" },
            nodeTaints: { dedicated: "gpu:NoSchedule" },
          },
        },
        { machine: { nodeLabels: { zone: "kitchen" }, nodeAnnotations: { rack: "2" } } },
      ]),
    ).toStrictEqual({
      labels: { zone: "kitchen", gpu: "true" },
      annotations: { rack: "2" },
      taints: { dedicated: "gpu:NoSchedule" },
    });
  });

  it("is taken back by $patch: delete", () => {
    const before = { machine: { nodeLabels: { zone: "attic" } } };
    expect(nodeMetadata([before, { machine: { nodeLabels: { $patch: "delete" } } }])).toStrictEqual({});
    expect(
      nodeMetadata([before, { machine: { nodeLabels: { $patch: "replace", gpu: "true" } } }]),
    ).toStrictEqual({
      labels: { gpu: "true" },
    });
  });

  it("reads taints as Talos does", () => {
    expect(taintOf("a", "NoSchedule")).toStrictEqual({ key: "a", effect: "NoSchedule" });
    expect(taintOf("a", ":NoExecute")).toStrictEqual({ key: "a", value: "", effect: "NoExecute" });
    expect(shownTaint(taintOf("a", "b:NoSchedule"))).toBe("a=b:NoSchedule");
    expect(shownTaint(taintOf("a", "NoSchedule"))).toBe("a:NoSchedule");
  });
});

describe("labels that a kubelet may not set", () => {
  it.each([
    "node-role.kubernetes.io/worker",
    "node-role.kubernetes.io/gpu",
    "kubernetes.io/role",
    "example.k8s.io/x",
    "k8s.io/x",
    "node-restriction.kubernetes.io/tenant",
    "a.node-restriction.kubernetes.io/tenant",
  ])("%s is one", (label) => {
    expect(isForbiddenLabel(label)).toBe(true);
  });
  it.each([
    "gpu",
    "example.com/zone",
    "topology.kubernetes.io/zone",
    "kubernetes.io/hostname",
    "node.kubernetes.io/exclude-from-external-load-balancers",
    "kubelet.kubernetes.io/x",
    "extensions.talos.dev/iscsi-tools",
    "notkubernetes.io/x",
  ])("%s is none", (label) => {
    expect(isForbiddenLabel(label)).toBe(false);
  });
});
