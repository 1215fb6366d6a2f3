import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { containersRun, isReady } from "../../../lab/kubernetes/view.ts";

const pod = {
  metadata: { name: "cilium-x" },
  status: {
    conditions: [{ type: "Ready", status: "False" }],
    containerStatuses: [{ name: "cilium-agent", ready: true }],
  },
};

describe("a pod that the cluster marked when its Node was away", () => {
  it("runs, and is not Ready until its kubelet says so", () => {
    assert.ok(containersRun(pod));
    assert.ok(!isReady(pod));
  });

  it("does not run while a container does not, or none has begun", () => {
    assert.ok(!containersRun({ ...pod, status: { containerStatuses: [{ ready: false }] } }));
    assert.ok(!containersRun({ metadata: pod.metadata }));
  });
});
