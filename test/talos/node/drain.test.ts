import assert from "node:assert/strict";
import { describe, expect, it } from "@jest/globals";
import { cordon, drain, isCordonedByUs, uncordon } from "../../../src/talos/node/drain.ts";
import { FakeCluster, pod, quietStep } from "../../fakes/clients.ts";

describe("draining a node", () => {
  it("evicts what will run elsewhere, and waits until it is gone", async () => {
    const cluster = new FakeCluster(
      pod("web"),
      pod("db", { owner: "StatefulSet" }),
      pod("other", { node: "k8s-5" }),
    );
    await drain(quietStep().step, cluster.client, "k8s-4", 5);
    expect(cluster.evicted).toStrictEqual(["web", "db"]);
  });

  it("asks for the pods of that node, once a second, and not for those of the whole cluster", async () => {
    const cluster = new FakeCluster(pod("web"));
    const { step } = quietStep();
    const wait = step.waitFor;
    const pauses: (number | undefined)[] = [];
    step.waitFor = (options, look) => {
      pauses.push(options.intervalMs);
      return wait(options, look);
    };
    await drain(step, cluster.client, "k8s-4", 5);
    expect(new Set(cluster.asked)).toStrictEqual(new Set(["Pod spec.nodeName=k8s-4"]));
    assert.deepEqual(pauses, [undefined], "the default of a second");
  });

  it("names the first of many pods only", async () => {
    const cluster = new FakeCluster(...["a", "b", "c", "d", "e"].map((name) => pod(name)));
    for (const name of ["a", "b", "c", "d", "e"]) cluster.lingering.add(name);
    await expect(drain(quietStep().step, cluster.client, "k8s-4", 0)).rejects.toThrow(
      /0 of 5 pods gone; waiting for default\/a, default\/b, default\/c and 2 more to end/,
    );
  });

  it("leaves what belongs to the node, and what has ended", async () => {
    const cluster = new FakeCluster(
      pod("agent", { owner: "DaemonSet" }),
      pod("kube-apiserver-k8s-4", { owner: "Node", annotations: { "kubernetes.io/config.mirror": "x" } }),
      pod("job-done", { owner: "Job", phase: "Succeeded" }),
      pod("job-failed", { owner: "Job", phase: "Failed" }),
    );
    await drain(quietStep().step, cluster.client, "k8s-4", 5);
    expect(cluster.evicted).toStrictEqual([]);
  });

  it("does not delete for good what nothing would start again, and says so once", async () => {
    const cluster = new FakeCluster(pod("by-hand", { owner: "" }), pod("web"));
    const { step, lines } = quietStep();
    await drain(step, cluster.client, "k8s-4", 5);
    expect(cluster.evicted).toStrictEqual(["web"]);
    expect(lines.filter((line) => line.includes("by-hand"))).toStrictEqual([
      "k8s-4: default/by-hand belongs to nothing that would start it elsewhere, and stays",
    ]);
  });

  it("names the pod that a disruption budget keeps, and evicts the others meanwhile", async () => {
    const cluster = new FakeCluster(pod("mail"), pod("web"));
    cluster.refused.set("mail", { reason: "would violate the pod's disruption budget", retry: true });
    await expect(drain(quietStep().step, cluster.client, "k8s-4", 0)).rejects.toThrow(
      /k8s-4: all pods evicted: not there after 0 s; .*default\/mail cannot be evicted: would violate/,
    );
    expect(cluster.evicted).toStrictEqual(["web"]);
  });

  it("names the pod that does not end", async () => {
    const cluster = new FakeCluster(pod("stuck"), pod("web"));
    cluster.lingering.add("stuck");
    await expect(drain(quietStep().step, cluster.client, "k8s-4", 0.05)).rejects.toThrow(
      /1 of 2 pods gone; waiting for default\/stuck to end/,
    );
    assert.deepEqual(cluster.evicted, ["stuck", "web"], "each is asked once");
  });

  it("ends at once when an eviction will never be granted", async () => {
    const cluster = new FakeCluster(pod("web"));
    cluster.refused.set("web", { reason: "forbidden", retry: false });
    await expect(drain(quietStep().step, cluster.client, "k8s-4", 60)).rejects.toThrow(
      /default\/web cannot be evicted: forbidden/,
    );
  });
});

describe("cordoning a node", () => {
  it("is taken back", async () => {
    const cluster = new FakeCluster();
    await cordon(cluster.client, "k8s-4");
    expect(cluster.node.spec?.["unschedulable"]).toBe(true);
    expect(await isCordonedByUs(cluster.client, "k8s-4")).toBe(true);
    await uncordon(cluster.client, "k8s-4");
    expect(cluster.node.spec).toStrictEqual({});
    expect(await isCordonedByUs(cluster.client, "k8s-4")).toBe(false);
  });

  it("leaves a node that somebody else has cordoned as it is", async () => {
    const cluster = new FakeCluster();
    cluster.node = { metadata: { name: "k8s-4" }, spec: { unschedulable: true } };
    await cordon(cluster.client, "k8s-4");
    await uncordon(cluster.client, "k8s-4");
    expect(cluster.node.spec?.["unschedulable"]).toBe(true);
  });

  it("is still ours after a second time", async () => {
    const cluster = new FakeCluster();
    await cordon(cluster.client, "k8s-4");
    await cordon(cluster.client, "k8s-4");
    expect(await isCordonedByUs(cluster.client, "k8s-4")).toBe(true);
  });
});
