import { describe, expect, it } from "@jest/globals";
import { chainOf, missingOf, rootCauses } from "../../../commands/flux/causes.ts";
import { healthOf } from "../../../commands/flux/health.ts";
import type { KubeObject } from "../../../src/steps/kubernetes.ts";
import { before, broken, dependsOn, fluxObject, kustomization, repository, waiting } from "./objects.ts";

/** Root causes as `name (what waits for it)`. */
function causesOf(...objects: readonly KubeObject[]): readonly string[] {
  return rootCauses(healthOf([repository, ...objects])).map(
    ({ health, waiting: names }) =>
      `${health.name.replace("flux-system/", "")} (${names.map((name) => name.replace(/^.*\//, "")).join(" ")})`,
  );
}

const noChart = {
  status: "False",
  reason: "InvalidChartReference",
  message: "invalid chart reference",
} as const;

/** Where a root of former versions takes its variables from, and that it delivers them itself. */
const takes = {
  postBuild: {
    substituteFrom: [
      { kind: "ConfigMap", name: "cluster-settings", optional: true },
      { kind: "Secret", name: "cluster-secrets" },
    ],
  },
};
const delivered = {
  entries: [
    { id: "flux-system_cluster-settings__ConfigMap", v: "v1" },
    { id: "flux-system_cluster-apps_kustomize.toolkit.fluxcd.io_Kustomization", v: "v1" },
  ],
};

describe("root causes", () => {
  it("are none in a healthy cluster", () => {
    expect(causesOf(kustomization("a"), kustomization("b", {}, { spec: dependsOn("a") }))).toStrictEqual([]);
  });

  it("are what fails, with all that waits for it directly and through others", () => {
    expect(
      causesOf(
        kustomization("c", waiting, { spec: dependsOn("b") }),
        kustomization("b", waiting, { spec: dependsOn("a") }),
        kustomization("a", broken),
      ),
    ).toStrictEqual(["Kustomization a (b c)"]);
  });

  it("begin with the one that most others wait for", () => {
    expect(
      causesOf(
        kustomization("alone", broken),
        kustomization("a", broken),
        kustomization("b", waiting, { spec: dependsOn("a") }),
      ),
    ).toStrictEqual(["Kustomization a (b)", "Kustomization alone ()"]);
  });

  it("are a chart that is not there, not the release and not the Kustomization that waits for the release", () => {
    const notReady = {
      status: "False",
      reason: "SourceNotReady",
      message: "HelmChart is not ready",
    } as const;
    const health = {
      status: "Unknown",
      reason: "Progressing",
      reconciling: "Running health checks",
    } as const;
    expect(
      causesOf(
        kustomization("podinfo", health, { spec: { wait: true } }),
        fluxObject("HelmRelease", "podinfo", notReady, {
          parent: "podinfo",
          status: { helmChart: "flux-system/default-podinfo" },
        }),
        fluxObject("HelmChart", "default-podinfo", noChart, {
          spec: { sourceRef: { kind: "HelmRepository", name: "podinfo" } },
        }),
        fluxObject("HelmRepository", "podinfo"),
      ),
    ).toStrictEqual(["HelmChart default-podinfo (podinfo podinfo)"]);
  });

  it("are a repository of charts that fails, and not its chart", () => {
    expect(
      causesOf(
        fluxObject("HelmChart", "default-podinfo", noChart, {
          spec: { sourceRef: { kind: "HelmRepository", name: "podinfo" } },
        }),
        fluxObject("HelmRepository", "podinfo", {
          status: "False",
          reason: "Failed",
          message: "no such host",
        }),
      ),
    ).toStrictEqual(["HelmRepository podinfo (default-podinfo)"]);
  });

  it("are what is suspended only where others wait for it", () => {
    const suspended = kustomization("a", {}, { applied: before, spec: { suspend: true } });
    expect(causesOf(suspended)).toStrictEqual([]);
    expect(causesOf(suspended, kustomization("b", waiting, { spec: dependsOn("a") }))).toStrictEqual([
      "Kustomization a (b)",
    ]);
  });

  it("are a dependent whose dependency does not exist", () => {
    const health = healthOf([kustomization("b", waiting, { spec: dependsOn("nobody") })]);
    expect(rootCauses(health).map(({ health: { name } }) => name)).toStrictEqual([
      "Kustomization flux-system/b",
    ]);
    expect(health.map((one) => missingOf(one, health))).toStrictEqual([["Kustomization flux-system/nobody"]]);
  });

  it("are not what is being worked on", () => {
    expect(causesOf(kustomization("a", { status: "Unknown", reason: "Progressing" }))).toStrictEqual([]);
  });

  it("are one variable whose name Flux refuses, at whoever delivers it, before all others", () => {
    const refused = {
      status: "False",
      reason: "BuildFailed",
      message: `post build failed for 'v1_ConfigMap/a': envsubst error: 'smtp-relay-host' var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'`,
    } as const;
    const health = healthOf([
      kustomization("broken", broken),
      ...["c", "d", "e"].map((name) => kustomization(name, waiting, { spec: dependsOn("broken") })),
      kustomization("app", refused, { spec: takes }),
      kustomization("later", waiting, { spec: dependsOn("app") }),
      kustomization("cluster", refused, { spec: takes, status: { inventory: delivered } }),
    ]);
    expect(rootCauses(health).map((cause) => [cause.health.name, cause.waiting])).toStrictEqual([
      [
        "Kustomization flux-system/cluster",
        ["Kustomization flux-system/app", "Kustomization flux-system/later"],
      ],
      [
        "Kustomization flux-system/broken",
        ["c", "d", "e"].map((name) => `Kustomization flux-system/${name}`),
      ],
    ]);
  });

  it("are said of what waits", () => {
    const health = healthOf([
      kustomization("a", broken),
      kustomization("b", waiting, { spec: dependsOn("a") }),
    ]);
    expect(health.map((one) => chainOf(one, rootCauses(health)))).toStrictEqual([
      undefined,
      "waits for Kustomization flux-system/a, which fails",
    ]);
  });
});

describe("health", () => {
  const stateOf = (object: KubeObject): string | undefined => healthOf([repository, object])[1]?.state;

  it("is work while a Kustomization is at another commit than its source", () => {
    expect(stateOf(kustomization("a", {}, { applied: before }))).toBe("working");
    expect(stateOf(kustomization("a"))).toBe("ready");
  });

  it("is no matter of objects that are only read", () => {
    for (const object of [
      { kind: "Alert", metadata: { name: "a" } },
      { kind: "HelmRepository", metadata: { name: "a" }, spec: { type: "oci" } },
    ])
      expect(stateOf(object)).toBe("ready");
  });

  it("is work while a failed upgrade is tried again, and failure when Helm has given up", () => {
    const failed = { status: "False", reason: "UpgradeFailed", message: "timed out" } as const;
    expect(stateOf(fluxObject("HelmRelease", "a", { ...failed, reconciling: "retrying" }))).toBe("working");
    const stalled = {
      conditions: [
        { type: "Ready", ...failed },
        { type: "Stalled", status: "True" },
      ],
    };
    expect(stateOf(fluxObject("HelmRelease", "a", {}, { status: stalled }))).toBe("failing");
  });

  it("is work while a failure is of the spec before", () => {
    const failed = { status: "False", reason: "UpgradeFailed", message: "timed out" } as const;
    expect(stateOf(fluxObject("HelmRelease", "a", failed, { status: { lastAttemptedGeneration: 0 } }))).toBe(
      "working",
    );
    expect(stateOf(fluxObject("HelmRelease", "a", failed, { status: { lastAttemptedGeneration: 1 } }))).toBe(
      "failing",
    );
  });
});
