import assert from "node:assert/strict";
import { describe, expect, it } from "@jest/globals";
import type { Kubernetes, KubeObject } from "../../../src/steps/kubernetes.ts";
import { StepError } from "../../../src/steps/stepError.ts";
import type { DeclaredNode } from "../../../src/talos/contracts.ts";
import { differences } from "../../../src/talos/node/differences.ts";
import { settleNodes } from "../../../src/talos/node/settleNodes.ts";
import { quietStep } from "../../fakes/clients.ts";

const machine: DeclaredNode = { name: "k8s-4", address: "192.0.2.21" };

function node(metadata: object = {}, spec: object = {}, address = "192.0.2.21"): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "k8s-4", resourceVersion: "1", ...metadata },
    spec: { ...spec },
    status: { addresses: [{ type: "InternalIP", address }] },
  };
}

describe("differences between a Node and what is declared", () => {
  it("are none when it shows all of it", () => {
    const shown = node(
      { labels: { zone: "attic" }, annotations: { rack: "2", "home-ops.dev/generation": "2" } },
      { taints: [{ key: "dedicated", value: "gpu", effect: "NoSchedule" }] },
    );
    const declared: DeclaredNode = {
      ...machine,
      generation: 2,
      labels: { zone: "attic" },
      annotations: { rack: "2" },
      taints: { dedicated: "gpu:NoSchedule" },
    };
    expect(differences(shown, declared)).toStrictEqual([]);
  });

  it("name what, declared and found", () => {
    const shown = node(
      { labels: { zone: "kitchen" } },
      { taints: [{ key: "dedicated", effect: "NoSchedule" }] },
      "192.0.2.99",
    );
    const declared: DeclaredNode = {
      ...machine,
      generation: 3,
      labels: { zone: "attic" },
      annotations: { rack: "2" },
      taints: { dedicated: "gpu:NoSchedule", other: "NoExecute" },
    };
    expect(
      differences(shown, declared).map(({ what, declared, found }) => [what, declared, found]),
    ).toStrictEqual([
      ["address", "192.0.2.21", "192.0.2.99"],
      ["label zone", '"attic"', '"kitchen"'],
      ["annotation rack", '"2"', "nothing"],
      ["annotation home-ops.dev/generation", '"3"', "nothing"],
      ["taint dedicated", "dedicated=gpu:NoSchedule", "dedicated:NoSchedule"],
      ["taint other", "other:NoExecute", "nothing"],
    ]);
  });
});

/** A cluster of one Node that takes merge patches as the API server does. */
function cluster(start: KubeObject, conflicts = 0): { kubernetes: Kubernetes; now: () => KubeObject } {
  let current = start;
  let refusals = conflicts;
  const merged = (before: unknown, change: unknown): unknown => {
    if (typeof change !== "object" || change === null || Array.isArray(change)) return change;
    const gone = Object.entries(change).filter(([, value]) => value === null);
    const rest = Object.entries(before ?? {}).filter(([key]) => !gone.some(([other]) => other === key));
    const old = Object.fromEntries(rest) as Record<string, unknown>;
    const set = Object.entries(change).filter(([, value]) => value !== null);
    return { ...old, ...Object.fromEntries(set.map(([key, value]) => [key, merged(old[key], value)])) };
  };
  const kubernetes = {
    list: () => Promise.resolve([current]),
    read: () => Promise.resolve(current),
    change: (_node: KubeObject, change: object) => {
      if (refusals-- > 0) return Promise.reject(new Error("Kubernetes API: the object has been modified"));
      current = merged(current, change) as KubeObject;
      return Promise.resolve();
    },
  } as unknown as Kubernetes;
  return { kubernetes, now: () => current };
}

describe("settling Nodes", () => {
  const declared: DeclaredNode = {
    ...machine,
    labels: { "node-role.kubernetes.io/gpu": "" },
    taints: { dedicated: "gpu:NoSchedule" },
  };

  it("writes what the kubelet may not, takes it back when the lines go", async () => {
    const { step } = quietStep();
    const theirs = { key: "node.cilium.io/agent-not-ready", effect: "NoSchedule" };
    const { kubernetes, now } = cluster(node({}, { taints: [theirs] }));
    await settleNodes(step, kubernetes, [declared]);
    expect(now().metadata?.labels).toStrictEqual({ "node-role.kubernetes.io/gpu": "" });
    expect(now().spec?.["taints"]).toStrictEqual([
      theirs,
      { key: "dedicated", value: "gpu", effect: "NoSchedule" },
    ]);
    await settleNodes(step, kubernetes, [machine]);
    expect(now().metadata?.labels).toStrictEqual({});
    expect(now().metadata?.annotations).toStrictEqual({});
    expect(now().spec?.["taints"]).toStrictEqual([theirs]);
  });

  it("looks again when somebody else was faster", async () => {
    const { step, lines } = quietStep();
    const { kubernetes, now } = cluster(node(), 2);
    await settleNodes(step, kubernetes, [declared]);
    expect(now().metadata?.labels).toStrictEqual({ "node-role.kubernetes.io/gpu": "" });
    expect(lines.join("\n")).toMatch(/k8s-4: its labels and taints cannot be written: .*has been modified/);
  });

  const impatient = { settleSeconds: 0, theirsSeconds: 0 };

  it("fails with machine, what, declared, found and what to do when a difference lasts", async () => {
    const { step } = quietStep();
    const { kubernetes } = cluster(node({ labels: { zone: "kitchen" } }));
    const asked = { ...machine, labels: { zone: "attic" }, annotations: { rack: "2" } };
    await assert.rejects(settleNodes(step, kubernetes, [asked], impatient), (error) => {
      assert.ok(error instanceof StepError);
      expect(error.message).toBe(
        'not as declared: k8s-4: label zone is "kitchen", declared is "attic"; k8s-4: annotation rack is nothing, declared is "2"',
      );
      expect(error.todo).toMatch(/somebody else has set it.*kubectl label node k8s-4 zone-/);
      expect(error.todo).toMatch(/talosctl logs controller-runtime -n 192\.0\.2\.21/);
      expect(error.todo).toMatch(/run pulumi up again$/);
      return true;
    });
  });

  it("does not wait for Talos where only somebody else can change it", async () => {
    const { step } = quietStep();
    const { kubernetes } = cluster(node({ labels: { zone: "kitchen" } }));
    const patience = { settleSeconds: 1_000, theirsSeconds: 0 };
    await expect(
      settleNodes(step, kubernetes, [{ ...machine, labels: { zone: "attic" } }], patience),
    ).rejects.toThrow(/label zone is "kitchen"/);
  });

  it("calls an owned value that stays behind Talos' matter", () => {
    const annotations = { "talos.dev/owned-labels": '["zone"]' };
    const [found] = differences(node({ labels: { zone: "kitchen" }, annotations }), {
      ...machine,
      labels: { zone: "attic" },
    });
    expect(found?.theirs).toBe(false);
    expect(found?.todo ?? "").toMatch(/NodeApplyController/);
  });
});
