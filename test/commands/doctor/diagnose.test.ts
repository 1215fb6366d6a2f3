import assert from "node:assert/strict";
import { describe, expect, it } from "@jest/globals";
import {
  distinct,
  errorsAbout,
  sicknessOf,
  warningsAbout,
} from "../../../commands/doctor/cluster/details.ts";
import { diagnose } from "../../../commands/doctor/cluster/diagnose.ts";
import type { Sight } from "../../../commands/doctor/cluster/look.ts";
import { diagnosisLines } from "../../../commands/doctor/cluster/write.ts";
import type { KubeObject } from "../../../src/steps/kubernetes.ts";
import {
  before,
  broken,
  dependsOn,
  fluxObject,
  kustomization,
  repository,
  waiting,
} from "../flux/objects.ts";

const plain = (_: unknown, text: string): string => text;
const now = new Date("2026-01-01T00:05:00Z").getTime();

function sight(more: Partial<Sight>): Sight {
  return {
    flux: [],
    controllers: [],
    workloads: [],
    pods: [],
    nodes: [],
    events: [],
    logs: {},
    unseen: [],
    ...more,
  };
}

function linesOf(seen: Sight): readonly string[] {
  return diagnosisLines(diagnose(seen, now), () => ["last words"], plain);
}

/** A line of a controller's log. */
function logLine(level: string, kind: string, name: string, error: string): string {
  return JSON.stringify({
    level,
    msg: "Reconciliation failed after 1.5s",
    controllerKind: kind,
    namespace: "flux-system",
    name,
    error,
  });
}

function warning(kind: string, name: string, lastTimestamp: string, message: string): KubeObject {
  const involvedObject = { kind, namespace: "flux-system", name };
  return {
    kind: "Event",
    type: "Warning",
    reason: "BuildFailed",
    message,
    lastTimestamp,
    involvedObject,
  } as KubeObject;
}

describe("a diagnosis", () => {
  it("says that nothing is wrong", () => {
    const lines = linesOf(sight({ flux: [repository, kustomization("a")] }));
    expect(lines).toStrictEqual(["Ready: 1 of 1 Kustomizations, 1 of 1 sources", "nothing is wrong"]);
  });

  it("has the root cause with all that belongs to it, who waits, and the next step", () => {
    const flux = [
      repository,
      kustomization("b", waiting, { spec: dependsOn("a") }),
      kustomization("a", broken, { applied: before }),
    ];
    const events = [
      warning("Kustomization", "a", "2026-01-01T00:00:00Z", "kustomize build failed: accumulating resources"),
    ];
    const logs = { "kustomize-controller": logLine("error", "Kustomization", "a", "no such file") };
    expect(linesOf(sight({ flux, events, logs }))).toStrictEqual([
      "Ready: 0 of 2 Kustomizations, 1 of 1 sources",
      "",
      "1. Kustomization flux-system/a fails",
      "   kustomize build failed: accumulating resources",
      "   applied main@sha1:aaaaaaaaaaaa, its source has main@sha1:bbbbbbbbbbbb",
      "   event    BuildFailed: the same",
      "   log      kustomize-controller: Reconciliation failed after 1.5s: no such file",
      "   waiting for it: Kustomization flux-system/b",
      "   → the tree at that commit does not build: fix it, push, npm run reconcile",
      "",
      "1 root cause, 1 object waiting; begin with 1",
    ]);
  });

  const node = (name: string, conditions: object, spec: object = {}): KubeObject => ({
    kind: "Node",
    metadata: { name },
    spec: { ...spec },
    status: {
      addresses: [{ type: "InternalIP", address: "192.0.2.14" }],
      conditions: Object.entries(conditions).map(([type, status]) => ({
        type,
        status,
        message: `says ${type}`,
      })),
    },
  });
  const dead = node("k8s-4", { Ready: "Unknown" });
  const workload = (kind: string, name: string, labels: object = {}, status: object = {}): KubeObject => ({
    kind,
    metadata: { name, namespace: "flux-system", labels: { ...labels } },
    spec: { selector: { matchLabels: { app: name } } },
    status: { ...status },
  });
  const podOn = (app: string, nodeName: string): KubeObject => ({
    kind: "Pod",
    metadata: { name: `${app}-1`, namespace: "flux-system", labels: { app } },
    spec: { nodeName },
    status: {
      phase: "Running",
      conditions: [{ type: "Ready", status: "False" }],
      containerStatuses: [{ name: app, ready: true }],
    },
  });

  it("names a Node that is not Ready first, with all that only fails because it is on it", () => {
    const controller = workload(
      "Deployment",
      "source-controller",
      {},
      {
        conditions: [{ type: "Available", status: "False", message: "no minimum availability" }],
      },
    );
    const app = workload("Deployment", "web", {
      "kustomize.toolkit.fluxcd.io/name": "web",
      "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
    });
    const failed = { status: "False", reason: "HealthCheckFailed", message: "timeout waiting for" } as const;
    const seen = sight({
      flux: [repository, kustomization("web", failed), kustomization("a", broken)],
      controllers: [controller],
      workloads: [controller, app],
      pods: [podOn("source-controller", "k8s-4"), podOn("web", "k8s-4")],
      nodes: [node("k8s-1", { Ready: "True" }), dead],
    });
    const { counts, troubles } = diagnose(seen, now);
    expect(counts).toStrictEqual(["0 of 2 Kustomizations", "1 of 1 sources", "1 of 2 Nodes"]);
    expect(troubles.map(({ title, waiting: names }) => [title, names])).toStrictEqual([
      [
        "Node k8s-4 is NotReady",
        ["Deployment flux-system/source-controller", "Kustomization flux-system/web"],
      ],
      ["Kustomization flux-system/a fails", []],
    ]);
    expect(troubles[0]?.message).toBe("says Ready");
    expect(troubles[0]?.todo ?? "").toMatch(/talosctl -n 192\.0\.2\.14 /);
    expect(troubles[0]?.pods.map(({ why }) => why)).toStrictEqual([
      "is on Node k8s-4, which is NotReady",
      "is on Node k8s-4, which is NotReady",
    ]);
  });

  it("leaves a failure alone that is not the Node's: pods elsewhere, or a build", () => {
    const labels = {
      "kustomize.toolkit.fluxcd.io/name": "web",
      "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
    };
    const titlesOf = (saying: object, ...nodes: readonly string[]): readonly string[] =>
      diagnose(
        sight({
          flux: [repository, kustomization("web", saying)],
          workloads: [workload("Deployment", "web", labels)],
          pods: nodes.map((name) => podOn("web", name)),
          nodes: [dead, node("k8s-1", { Ready: "True" })],
        }),
        now,
      ).troubles.map(({ title }) => title);
    const both = ["Node k8s-4 is NotReady", "Kustomization flux-system/web fails"];
    const unhealthy = { status: "False", reason: "HealthCheckFailed", message: "timeout" };
    expect(titlesOf(unhealthy, "k8s-4", "k8s-1")).toStrictEqual(both);
    expect(titlesOf(unhealthy)).toStrictEqual(both);
    expect(titlesOf(broken, "k8s-4")).toStrictEqual(both);
    expect(titlesOf(unhealthy, "k8s-4")).toStrictEqual(both.slice(0, 1));
  });

  it("names what a Node runs out of, and one that takes no new pods", () => {
    const lines = linesOf(
      sight({
        flux: [repository],
        nodes: [
          node("k8s-1", { Ready: "True", DiskPressure: "True", MemoryPressure: "False" }),
          node("k8s-2", { Ready: "True" }, { unschedulable: true }),
        ],
      }),
    );
    expect(lines.slice(0, 5)).toStrictEqual([
      "Ready: 1 of 1 sources, 2 of 2 Nodes",
      "suspended: Node k8s-2 (cordoned: it takes no new pods)",
      "",
      "1. Node k8s-1 has DiskPressure",
      "   says DiskPressure",
    ]);
  });

  it("does not say that nothing is wrong where it could not look", () => {
    const lines = linesOf(sight({ flux: [repository], unseen: ["log of a on Node k8s-4: no answer"] }));
    expect(lines.at(-1)).toBe("nothing is wrong in what could be seen; the lines above say what could not");
  });

  it("takes for work what waits for something that is Ready by now", () => {
    const lines = linesOf(
      sight({
        flux: [repository, kustomization("a"), kustomization("b", waiting, { spec: dependsOn("a") })],
      }),
    );
    expect(lines.slice(1)).toStrictEqual([
      "at work: Kustomization flux-system/b: dependency 'flux-system/a' is not ready",
      "nothing is wrong",
    ]);
  });

  it("has a release's history, and its pods with why they are not ready and their last words", () => {
    const failed = { status: "False", reason: "UpgradeFailed", message: "timed out" } as const;
    const history = [
      { version: 2, chartName: "podinfo", chartVersion: "6.9.3", status: "failed", lastDeployed: "today" },
    ];
    const release = fluxObject("HelmRelease", "podinfo", failed, {
      namespace: "default",
      status: { history },
    });
    const labels = {
      "helm.toolkit.fluxcd.io/name": "podinfo",
      "helm.toolkit.fluxcd.io/namespace": "default",
    };
    const workload: KubeObject = {
      kind: "Deployment",
      metadata: { name: "podinfo", namespace: "default", labels },
      spec: { selector: { matchLabels: { app: "podinfo" } } },
    };
    const lines = linesOf(
      sight({
        flux: [release],
        workloads: [workload],
        pods: [pod("podinfo-1", "podinfo"), pod("other-1", "other")],
      }),
    );
    assert.ok(lines.includes("   history  v2 podinfo@6.9.3 failed today"), lines.join("\n"));
    expect(lines.filter((line) => /pod |│/.test(line))).toStrictEqual([
      "   pod default/podinfo-1 ImagePullBackOff: no such image",
      "     │ last words",
    ]);
  });

  it("names a controller that is not there, what is stuck and what is suspended by whom", () => {
    const controller: KubeObject = {
      kind: "Deployment",
      metadata: { name: "helm-controller", namespace: "flux-system" },
      status: { conditions: [{ type: "Available", status: "False", message: "no pods" }] },
    };
    const flux = [
      kustomization("stuck", { status: "Unknown", reason: "Progressing", at: "2025-12-31T00:00:00Z" }),
      kustomization("busy", { status: "Unknown", reason: "Progressing", reconciling: "Building" }),
      kustomization("mine", {}, { spec: { suspend: true } }),
      kustomization("cluster", {}, { spec: { suspend: true } }),
    ];
    const lines = linesOf(sight({ flux, controllers: [controller] }));
    expect(lines.filter((line) => /^(\d|suspended|at work)/.test(line)).slice(0, 4)).toStrictEqual([
      "suspended: Kustomization flux-system/mine (by hand), Kustomization flux-system/cluster (stack config)",
      "at work: Kustomization flux-system/busy: Building",
      "1. Deployment flux-system/helm-controller is not available",
      "2. Kustomization flux-system/stuck does not get on",
    ]);
  });
});

function pod(name: string, app: string): KubeObject {
  return {
    kind: "Pod",
    metadata: { name, namespace: "default", labels: { app } },
    status: {
      phase: "Pending",
      containerStatuses: [
        {
          name: "c",
          ready: false,
          state: { waiting: { reason: "ImagePullBackOff", message: "no such image" } },
        },
      ],
    },
  };
}

describe("details", () => {
  it("are one where they differ by times and ids only, the newest", () => {
    expect(distinct(["failed after 2s", "failed after 1s", "other"], 3)).toStrictEqual([
      "failed after 2s",
      "other",
    ]);
    expect(distinct(["a", "b", "c", "d"], 3).length).toBe(3);
  });

  it("are warnings about the object, the newest first", () => {
    const events = [
      warning("Kustomization", "a", "2026-01-01T00:00:00Z", "old"),
      warning("Kustomization", "a", "2026-01-01T00:01:00Z", "new"),
      warning("Kustomization", "b", "2026-01-01T00:02:00Z", "of another"),
    ];
    expect(warningsAbout([kustomization("a")], events)).toStrictEqual([
      "BuildFailed: new",
      "BuildFailed: old",
    ]);
  });

  it("are errors about the object, and lines that are no JSON are passed over", () => {
    const log = [
      "I am no JSON",
      logLine("info", "Kustomization", "a", "fine"),
      logLine("error", "HelmRelease", "a", "x"),
    ];
    expect(errorsAbout([kustomization("a")], log.join("\n"))).toStrictEqual([]);
    expect(
      errorsAbout([kustomization("a")], [...log, logLine("error", "Kustomization", "a", "y")].join("\n")),
    ).toStrictEqual(["Reconciliation failed after 1.5s: y"]);
  });

  it("are no pods that are ready or have done their work", () => {
    const ready = { status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] } };
    expect(sicknessOf(ready)).toBe(undefined);
    expect(sicknessOf({ status: { phase: "Succeeded" } })).toBe(undefined);
    const unscheduled = { conditions: [{ type: "PodScheduled", status: "False", message: "no node" }] };
    expect(sicknessOf({ status: { phase: "Pending", ...unscheduled } })?.why).toBe("not scheduled: no node");
  });
});
