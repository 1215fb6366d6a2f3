import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isForbiddenLabel, nodeMetadata, shownTaint, taintOf } from "../../../src/talos/node/metadata.ts";

describe("what patches declare of a Node", () => {
  it("is nothing where nothing is declared", () => {
    assert.deepEqual(nodeMetadata([]), {});
    assert.deepEqual(nodeMetadata([{ machine: { sysctls: { a: "1" } } }, { kind: "VolumeConfig" }]), {});
  });

  it("is merged key by key, a later patch wins", () => {
    assert.deepEqual(
      nodeMetadata([
        {
          machine: {
            nodeLabels: { zone: "attic", gpu: "true" },
            nodeTaints: { dedicated: "gpu:NoSchedule" },
          },
        },
        { machine: { nodeLabels: { zone: "kitchen" }, nodeAnnotations: { rack: "2" } } },
      ]),
      {
        labels: { zone: "kitchen", gpu: "true" },
        annotations: { rack: "2" },
        taints: { dedicated: "gpu:NoSchedule" },
      },
    );
  });

  it("is taken back by $patch: delete", () => {
    const before = { machine: { nodeLabels: { zone: "attic" } } };
    assert.deepEqual(nodeMetadata([before, { machine: { nodeLabels: { $patch: "delete" } } }]), {});
    assert.deepEqual(
      nodeMetadata([before, { machine: { nodeLabels: { $patch: "replace", gpu: "true" } } }]),
      {
        labels: { gpu: "true" },
      },
    );
  });

  it("reads taints as Talos does", () => {
    assert.deepEqual(taintOf("a", "NoSchedule"), { key: "a", effect: "NoSchedule" });
    assert.deepEqual(taintOf("a", ":NoExecute"), { key: "a", value: "", effect: "NoExecute" });
    assert.equal(shownTaint(taintOf("a", "b:NoSchedule")), "a=b:NoSchedule");
    assert.equal(shownTaint(taintOf("a", "NoSchedule")), "a:NoSchedule");
  });
});

describe("labels that a kubelet may not set", () => {
  for (const label of [
    "node-role.kubernetes.io/worker",
    "node-role.kubernetes.io/gpu",
    "kubernetes.io/role",
    "example.k8s.io/x",
    "k8s.io/x",
    "node-restriction.kubernetes.io/tenant",
    "a.node-restriction.kubernetes.io/tenant",
  ])
    it(`${label} is one`, () => {
      assert.equal(isForbiddenLabel(label), true);
    });
  for (const label of [
    "gpu",
    "example.com/zone",
    "topology.kubernetes.io/zone",
    "kubernetes.io/hostname",
    "node.kubernetes.io/exclude-from-external-load-balancers",
    "kubelet.kubernetes.io/x",
    "extensions.talos.dev/iscsi-tools",
    "notkubernetes.io/x",
  ])
    it(`${label} is none`, () => {
      assert.equal(isForbiddenLabel(label), false);
    });
});
