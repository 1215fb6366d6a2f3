import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LabObject } from "../../../lab/kubernetes/kubeApi.ts";
import { nodeApply } from "../../../lab/kubernetes/nodeApply.ts";
import type { MachineConfig } from "../../../lab/talos/config.ts";

const role = "node-role.kubernetes.io/control-plane";

function config(change: Partial<MachineConfig>): MachineConfig {
  const plain = { type: "worker", hostname: "k8s-2", nodeLabels: {}, nodeAnnotations: {}, nodeTaints: {} };
  return { ...plain, allowSchedulingOnControlPlanes: true, ...change } as unknown as MachineConfig;
}

function node(labels = {}, annotations = {}, taints: readonly object[] = []): LabObject {
  return { metadata: { name: "k8s-2", resourceVersion: "1", labels, annotations }, spec: { taints } };
}

describe("what the stand-in of Talos writes on a Node", () => {
  it("is everything on a control plane, also long after it has registered", () => {
    assert.deepEqual(
      nodeApply(
        config({
          type: "controlplane",
          nodeLabels: { "node-role.kubernetes.io/x": "" },
          nodeTaints: { a: "b:NoSchedule" },
        }),
        node(),
      ),
      {
        metadata: {
          resourceVersion: "1",
          labels: { "node-role.kubernetes.io/x": "", [role]: "" },
          annotations: {
            "talos.dev/owned-labels": JSON.stringify([role, "node-role.kubernetes.io/x"]),
            "talos.dev/owned-taints": '["a"]',
          },
        },
        spec: { taints: [{ key: "a", value: "b", effect: "NoSchedule" }] },
      },
    );
  });

  it("takes back what it owns", () => {
    const owned = { "talos.dev/owned-labels": '["zone"]', "talos.dev/owned-annotations": '["rack"]' };
    assert.deepEqual(nodeApply(config({}), node({ zone: "attic", theirs: "" }, { ...owned, rack: "1" })), {
      metadata: {
        resourceVersion: "1",
        labels: { zone: null },
        annotations: { rack: null, "talos.dev/owned-labels": null, "talos.dev/owned-annotations": null },
      },
    });
  });

  it("is refused on a worker, all of it, for one label that the kubelet may not set", () => {
    assert.throws(
      () => nodeApply(config({ nodeLabels: { zone: "attic", "node-role.kubernetes.io/gpu": "" } }), node()),
      /not allowed to modify labels: node-role\.kubernetes\.io\/gpu/,
    );
    assert.throws(
      () => nodeApply(config({ nodeTaints: { a: "NoSchedule" } }), node()),
      /not allowed to modify taints/,
    );
  });

  it("is accepted on a worker whose Node has that part already, and then owned", () => {
    const shown = node({ "node-role.kubernetes.io/gpu": "" }, {}, [{ key: "a", effect: "NoSchedule" }]);
    const wanted = config({
      nodeLabels: { zone: "attic", "node-role.kubernetes.io/gpu": "" },
      nodeTaints: { a: "NoSchedule" },
    });
    assert.deepEqual(nodeApply(wanted, shown), {
      metadata: {
        resourceVersion: "1",
        labels: { zone: "attic" },
        annotations: {
          "talos.dev/owned-labels": '["node-role.kubernetes.io/gpu","zone"]',
          "talos.dev/owned-taints": '["a"]',
        },
      },
    });
  });

  it("is nothing when all of it is there", () => {
    const annotations = { "talos.dev/owned-labels": '["zone"]' };
    assert.equal(
      nodeApply(config({ nodeLabels: { zone: "attic" } }), node({ zone: "attic" }, annotations)),
      undefined,
    );
  });
});
