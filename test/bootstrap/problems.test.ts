// What keeps nodes and pods from their work, in the words of Kubernetes.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { KubeObject } from "../../src/steps/kubernetes.ts";
import { nodeProblem } from "../../src/bootstrap/nodeProblem.ts";
import { podProblem, podTrouble } from "../../src/bootstrap/podProblem.ts";

const condition = (type: string, status: string, message?: string): object => ({ type, status, message });

function node(conditions: readonly object[], ...taints: readonly (readonly [string, string])[]): KubeObject {
  return {
    metadata: { name: "k8s-2" },
    spec: { taints: taints.map(([key, effect]) => ({ key, effect })) },
    status: { conditions: [condition("Ready", "True", "kubelet is posting ready status"), ...conditions] },
  };
}

describe("a node", () => {
  it("is good when it is Ready, also with taints that people gave it", () => {
    assert.equal(nodeProblem("k8s-2", node([condition("DiskPressure", "False")])), undefined);
    const taints = node(
      [],
      ["node-role.kubernetes.io/control-plane", "NoSchedule"],
      ["node.kubernetes.io/unschedulable", "NoSchedule"],
      ["home/gpu", "NoExecute"],
    );
    assert.equal(nodeProblem("k8s-2", taints), undefined);
  });

  it("that is not there, or NotReady, is named with the reason", () => {
    assert.equal(nodeProblem("k8s-2", undefined), "k8s-2 has not registered");
    const status = { conditions: [condition("Ready", "False", "cni plugin not initialized")] };
    assert.equal(nodeProblem("k8s-2", { status }), "k8s-2 is NotReady: cni plugin not initialized");
    assert.equal(nodeProblem("k8s-2", {}), "k8s-2 is NotReady: no status yet");
  });

  for (const type of ["DiskPressure", "MemoryPressure", "PIDPressure", "NetworkUnavailable"])
    it(`that is Ready with ${type} is named`, () =>
      assert.equal(
        nodeProblem("k8s-2", node([condition(type, "True", "kubelet says so")])),
        `k8s-2 takes no pods: ${type}, kubelet says so`,
      ));

  it("that the cluster has tainted is named", () =>
    assert.equal(
      nodeProblem("k8s-2", node([], ["node.kubernetes.io/disk-pressure", "NoSchedule"])),
      "k8s-2 takes no pods: taint node.kubernetes.io/disk-pressure",
    ));
});

describe("pods", () => {
  const pod = (name: string, status: object): KubeObject => ({ metadata: { name }, status: { ...status } });
  const waiting = (reason: string, message?: string): object => ({ state: { waiting: { reason, message } } });

  it("that start are no problem", () => {
    const starting = pod("a", { containerStatuses: [waiting("ContainerCreating")] });
    const running = pod("b", { containerStatuses: [{ state: { running: {} } }] });
    assert.equal(podProblem([starting, running, pod("c", {})]), undefined);
  });

  it("that are not scheduled: the first is named with the scheduler's reason", () => {
    const unscheduled = (name: string): KubeObject =>
      pod(name, {
        conditions: [
          condition("PodScheduled", "False", "0/2 nodes are available: 2 node(s) had untolerated taint(s)"),
        ],
      });
    assert.equal(
      podProblem([pod("a", {}), unscheduled("helm-controller-0"), unscheduled("source-controller-0")]),
      "helm-controller-0 is not scheduled: 0/2 nodes are available: 2 node(s) had untolerated taint(s)",
    );
  });

  it("that cannot pull their image, or do not stay up, are named", () => {
    const pulling = pod("a", {
      containerStatuses: [waiting("ImagePullBackOff", "Back-off pulling\n  image x")],
    });
    assert.equal(podProblem([pulling]), "a: ImagePullBackOff: Back-off pulling image x");
    const init = pod("a", { initContainerStatuses: [waiting("CrashLoopBackOff")] });
    assert.equal(podProblem([init]), "a: CrashLoopBackOff");
    const ended = pod("a", {
      containerStatuses: [{ state: { terminated: { reason: "Error", exitCode: 2 } } }],
    });
    assert.equal(podProblem([ended]), "a: Error with exit code 2");
  });

  it("are judged by what does not pass, whatever else of them only waits", () => {
    const both = pod("a", {
      initContainerStatuses: [{ state: { terminated: { reason: "Completed", exitCode: 0 } } }],
      containerStatuses: [waiting("ContainerCreating"), waiting("CreateContainerConfigError", "no Secret x")],
    });
    assert.equal(podProblem([both]), "a: CreateContainerConfigError: no Secret x");
    const held = pod("a", {
      initContainerStatuses: [{ ready: false, restartCount: 3, ...waiting("CrashLoopBackOff") }],
      containerStatuses: [waiting("PodInitializing")],
    });
    assert.deepEqual(podTrouble(held), {
      why: "CrashLoopBackOff",
      isUnscheduled: false,
      isStarting: false,
      hasEnded: true,
    });
  });
});
