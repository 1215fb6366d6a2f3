import { describe, expect, it } from "@jest/globals";
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
    expect(containersRun(pod)).toBeTruthy();
    expect(!isReady(pod)).toBeTruthy();
  });

  it("does not run while a container does not, or none has begun", () => {
    expect(!containersRun({ ...pod, status: { containerStatuses: [{ ready: false }] } })).toBeTruthy();
    expect(!containersRun({ metadata: pod.metadata })).toBeTruthy();
  });
});
