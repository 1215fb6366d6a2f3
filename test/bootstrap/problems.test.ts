// What keeps nodes and pods from their work, in the words of Kubernetes.
import { describe, expect, it } from "@jest/globals";
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
    expect(nodeProblem("k8s-2", node([condition("DiskPressure", "False")]))).toBe(undefined);
    const taints = node(
      [],
      ["node-role.kubernetes.io/control-plane", "NoSchedule"],
      ["node.kubernetes.io/unschedulable", "NoSchedule"],
      ["home/gpu", "NoExecute"],
    );
    expect(nodeProblem("k8s-2", taints)).toBe(undefined);
  });

  it("that is not there, or NotReady, is named with the reason", () => {
    expect(nodeProblem("k8s-2", undefined)).toBe("k8s-2 has not registered");
    const status = { conditions: [condition("Ready", "False", "cni plugin not initialized")] };
    expect(nodeProblem("k8s-2", { status })).toBe("k8s-2 is NotReady: cni plugin not initialized");
    expect(nodeProblem("k8s-2", {})).toBe("k8s-2 is NotReady: no status yet");
  });

  it.each(["DiskPressure", "MemoryPressure", "PIDPressure", "NetworkUnavailable"])(
    "that is Ready with %s is named",
    (type) =>
      expect(nodeProblem("k8s-2", node([condition(type, "True", "kubelet says so")]))).toBe(
        `k8s-2 takes no pods: ${type}, kubelet says so`,
      ),
  );

  it("that the cluster has tainted is named", () =>
    expect(nodeProblem("k8s-2", node([], ["node.kubernetes.io/disk-pressure", "NoSchedule"]))).toBe(
      "k8s-2 takes no pods: taint node.kubernetes.io/disk-pressure",
    ));
});

describe("pods", () => {
  const pod = (name: string, status: object): KubeObject => ({ metadata: { name }, status: { ...status } });
  const waiting = (reason: string, message?: string): object => ({ state: { waiting: { reason, message } } });

  it("that start are no problem", () => {
    const starting = pod("a", { containerStatuses: [waiting("ContainerCreating")] });
    const running = pod("b", { containerStatuses: [{ state: { running: {} } }] });
    expect(podProblem([starting, running, pod("c", {})])).toBe(undefined);
  });

  it("that are not scheduled: the first is named with the scheduler's reason", () => {
    const unscheduled = (name: string): KubeObject =>
      pod(name, {
        conditions: [
          condition("PodScheduled", "False", "0/2 nodes are available: 2 node(s) had untolerated taint(s)"),
        ],
      });
    expect(
      podProblem([pod("a", {}), unscheduled("helm-controller-0"), unscheduled("source-controller-0")]),
    ).toBe("helm-controller-0 is not scheduled: 0/2 nodes are available: 2 node(s) had untolerated taint(s)");
  });

  it("that cannot pull their image, or do not stay up, are named", () => {
    const pulling = pod("a", {
      containerStatuses: [waiting("ImagePullBackOff", "Back-off pulling\n  image x")],
    });
    expect(podProblem([pulling])).toBe("a: ImagePullBackOff: Back-off pulling image x");
    const init = pod("a", { initContainerStatuses: [waiting("CrashLoopBackOff")] });
    expect(podProblem([init])).toBe("a: CrashLoopBackOff");
    const ended = pod("a", {
      containerStatuses: [{ state: { terminated: { reason: "Error", exitCode: 2 } } }],
    });
    expect(podProblem([ended])).toBe("a: Error with exit code 2");
  });

  it("are judged by what does not pass, whatever else of them only waits", () => {
    const both = pod("a", {
      initContainerStatuses: [{ state: { terminated: { reason: "Completed", exitCode: 0 } } }],
      containerStatuses: [waiting("ContainerCreating"), waiting("CreateContainerConfigError", "no Secret x")],
    });
    expect(podProblem([both])).toBe("a: CreateContainerConfigError: no Secret x");
    const held = pod("a", {
      initContainerStatuses: [{ ready: false, restartCount: 3, ...waiting("CrashLoopBackOff") }],
      containerStatuses: [waiting("PodInitializing")],
    });
    expect(podTrouble(held)).toStrictEqual({
      why: "CrashLoopBackOff",
      isUnscheduled: false,
      isStarting: false,
      hasEnded: true,
    });
  });
});
