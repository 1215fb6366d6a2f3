// What each change means, one by one. The operations are made by hand; recorded.test.ts has real ones.
import assert from "node:assert/strict";
import { describe, expect, it } from "@jest/globals";
import { makePlan } from "../../../commands/plan/makePlan.ts";
import type { PreviewStep } from "../../../commands/plan/preview.ts";
import type { Plan } from "../../../commands/plan/types.ts";
import { configUpdate, digest, machines, step, stepUpdate } from "./sample.ts";

const home = machines(3, 2);

function planOf(...steps: readonly PreviewStep[]): Plan {
  return makePlan(digest(...home, ...steps), { texts: new Map() });
}

/** Rows as short texts. */
function rowsOf({ rows }: Plan): readonly string[] {
  return rows.map(({ on, what, impact, changes }) =>
    [
      on.join("+"),
      what,
      ...changes.map(({ name, from, to }) => [name, from, to].filter((part) => part !== undefined).join(" ")),
      `[${impact}]`,
    ].join(" | "),
  );
}

const versions = [{ TALOS_VERSION: "v1.12.0" }, { TALOS_VERSION: "v1.13.9" }] as const;
const release = { version: "1.19.7", timeout: 600, values: { operator: { replicas: 1 } } };
const oci = { spec: { interval: "10m", ref: { tag: "v2.7.3" } } };
const self = { spec: { prune: true, patches: [{ patch: "a" }] } };
const install = (image: string): object => ({ machine: { install: { image } } });

describe("what a change means", () => {
  const cases: readonly {
    readonly of: string;
    readonly steps: readonly PreviewStep[];
    readonly rows: readonly string[];
    readonly outcome?: Plan["outcome"];
  }[] = [
    {
      of: "another version of Talos",
      steps: [stepUpdate("talos-k8s-1-os", ...versions)],
      rows: ["k8s-1 | Talos | v1.12.0 v1.13.9 | [drain and reboot]"],
    },
    {
      of: "another schematic",
      steps: [
        stepUpdate(
          "talos-k8s-1-os",
          { SCHEMATIC_ID: "a".repeat(64), INSTALLER: "factory/a" },
          { SCHEMATIC_ID: "b".repeat(64), INSTALLER: "factory/b" },
        ),
      ],
      rows: [`k8s-1 | Talos | ${"a".repeat(12)}… ${"b".repeat(12)}… | [drain and reboot]`],
    },
    {
      of: "another generation of a machine",
      steps: [stepUpdate("talos-k8s-2-os", { GENERATION: "1" }, { GENERATION: "2" })],
      rows: ["k8s-2 | made anew | 1 2 | [wipe]"],
      outcome: "destructive",
    },
    {
      of: "a machine whose step is told its generation for the first time",
      steps: [stepUpdate("talos-k8s-2-os", {}, { GENERATION: "1" })],
      rows: ["cluster | steps look again | [none]"],
    },
    {
      of: "another version of Kubernetes, its images in the configs with it",
      steps: [
        stepUpdate("talos-k8s-1-inspect", { CONFIG_HASH: "a" }, { CONFIG_HASH: "b" }),
        stepUpdate("talos-prepare", { KUBERNETES_VERSION: "v1.34.4" }, { KUBERNETES_VERSION: "v1.35.4" }),
        stepUpdate("talos-kubernetes", { KUBERNETES_VERSION: "v1.34.4" }, { KUBERNETES_VERSION: "v1.35.4" }),
        configUpdate(
          "k8s-1",
          [{ machine: { kubelet: { image: "kubelet:v1.34.4" } } }],
          [{ machine: { kubelet: { image: "kubelet:v1.35.4" } } }],
        ),
      ],
      rows: ["Kubernetes | version | v1.34.4 v1.35.4 | [restart]"],
    },
    {
      of: "a label, which Talos takes at once",
      steps: [
        configUpdate("k8s-1", [], [{ machine: { nodeLabels: { zone: "kitchen" } } }]),
        configUpdate("k8s-4", [], [{ machine: { nodeLabels: { zone: "kitchen" } } }]),
      ],
      rows: ["k8s-1+k8s-4 | machine config | machine.nodeLabels.zone kitchen | [live]"],
    },
    {
      of: "a document of its own, which Talos takes at once",
      steps: [
        configUpdate("k8s-1", [], [{ apiVersion: "v1alpha1", kind: "WatchdogTimerConfig", timeout: "2m" }]),
      ],
      rows: [
        "k8s-1 | machine config | documents.WatchdogTimerConfig.apiVersion v1alpha1 | documents.WatchdogTimerConfig.kind WatchdogTimerConfig | documents.WatchdogTimerConfig.timeout 2m | [live]",
      ],
    },
    {
      of: "the kubelet's arguments",
      steps: [configUpdate("k8s-1", [], [{ machine: { kubelet: { extraArgs: { v: "4" } } } }])],
      rows: ["k8s-1 | machine config | machine.kubelet.extraArgs.v 4 | [restart]"],
    },
    {
      of: "files, which need a reboot, on top of something that does not",
      steps: [configUpdate("k8s-1", [], [{ machine: { sysctls: { a: "1" }, files: [{ path: "/var/a" }] } }])],
      rows: ['k8s-1 | machine config | machine.sysctls.a 1 | machine.files [{"path":"/var/a"}] | [reboot]'],
    },
    {
      of: "a patch beside a bump, whose image is not said again",
      steps: [
        stepUpdate("talos-k8s-1-os", ...versions),
        configUpdate(
          "k8s-1",
          [install("i:v1.12.0")],
          [install("i:v1.13.9"), { machine: { time: { disabled: true } } }],
        ),
      ],
      rows: [
        "k8s-1 | Talos | v1.12.0 v1.13.9 | [drain and reboot]",
        "k8s-1 | machine config | machine.time.disabled true | [live]",
      ],
    },
    {
      of: "the base config, which is secret, of which the plugin names inputs and no paths",
      steps: [
        {
          ...configUpdate("k8s-1", [], []),
          diffReasons: ["machineConfiguration", "machineConfigurationHash", "machineConfigurationInput"],
        },
      ],
      rows: ["k8s-1 | base machine config | base config with the keys [secret] [secret] | [reboot]"],
    },
    {
      of: "the base config beside a patch in clear",
      steps: [
        {
          ...configUpdate("k8s-1", [], [{ machine: { nodeLabels: { zone: "kitchen" } } }]),
          diffReasons: ["configPatches", "machineConfigurationInput"],
        },
      ],
      rows: [
        "k8s-1 | base machine config | machine.nodeLabels.zone kitchen | base config with the keys [secret] [secret] | [reboot]",
      ],
    },
    {
      of: "patches that are hidden because one of them holds a secret",
      steps: [
        {
          ...step("update", "config", "talos-k8s-1-config", {
            before: { configPatches: "[secret]" },
            after: { configPatches: "[secret]" },
          }),
          diffReasons: ["configPatches"],
        },
      ],
      rows: ["k8s-1 | base machine config | patches, one of them with a secret [secret] [secret] | [reboot]"],
    },
    {
      of: "time limits that the provider did not have",
      steps: ["k8s-1", "k8s-4"].map((name) => ({
        ...step("update", "config", `talos-${name}-config`, {
          before: { configPatches: [] },
          after: { configPatches: [], timeouts: { create: "5m", update: "5m" } },
        }),
        diffReasons: ["timeouts"],
      })),
      rows: ["k8s-1+k8s-4 | time limits | timeouts.create 5m | timeouts.update 5m | [none]"],
    },
    {
      of: "an admin certificate that is renewed",
      steps: [
        {
          ...step("update", "secrets", "talos-secrets", {
            before: { talosVersion: "v1.12" },
            after: { talosVersion: "v1.12" },
          }),
          diffReasons: ["clientConfiguration"],
        },
        {
          ...step("update", "config", "talos-k8s-1-config", {
            before: { clientConfiguration: "[secret]" },
            after: { clientConfiguration: "[secret]" },
          }),
          diffReasons: ["clientConfiguration"],
        },
      ],
      rows: ["cluster | admin certificate | [live]"],
    },
    {
      of: "a machine that Pulumi replaces",
      steps: ["create-replacement", "replace", "delete-replaced"].map((op) =>
        step(op, "config", "talos-k8s-4-config", {
          before: { node: "192.0.2.14" },
          after: { node: "192.0.2.24" },
        }),
      ),
      rows: ["k8s-4 | another machine | 192.0.2.14 192.0.2.24 | [wipe]"],
      outcome: "destructive",
    },
    {
      // Whether it is only moved the machine says in the run; a plan must not promise it.
      of: "a machine whose config goes to another address",
      steps: [
        step("update", "config", "talos-k8s-4-config", {
          before: { node: "192.0.2.14", endpoint: "192.0.2.14", configPatches: [] },
          after: { node: "192.0.2.24", endpoint: "192.0.2.24", configPatches: [] },
        }),
      ],
      rows: ["k8s-4 | another address | 192.0.2.14 192.0.2.24 | [wipe]"],
      outcome: "destructive",
    },
    {
      of: "a machine less",
      steps: [
        stepUpdate("cluster-nodes-ready", { NODES: "[1,2]" }, { NODES: "[1]" }),
        step("delete", "command", "talos-k8s-5-member", { before: { create: "node a", delete: "node b" } }),
        step("delete", "config", "talos-k8s-5-config", { before: { node: "192.0.2.15" } }),
        step("delete", "command", "talos-k8s-5-os", { before: { create: "node a" } }),
      ],
      rows: ["k8s-5 | leaves the cluster | [wipe]"],
      outcome: "destructive",
    },
    {
      of: "a machine that is gone, whose config only leaves the state",
      steps: [
        step("create", "command", "talos-k8s-5-gone", { after: { create: "node a" } }),
        step("delete", "config", "talos-k8s-5-config", { before: {}, retainOnDelete: true }),
      ],
      rows: ["k8s-5 | given up | [wipe]"],
      outcome: "destructive",
    },
    {
      of: "a machine more",
      steps: [
        step("create", "command", "talos-k8s-6-inspect", { after: {} }),
        stepUpdate("talos-k8s-1-os", { NODES: "5" }, { NODES: "6" }),
        step("create", "command", "talos-k8s-6-os", { after: {} }),
        step("create", "config", "talos-k8s-6-config", {
          after: { configPatches: [JSON.stringify(install("factory/i:v1.13.9"))] },
        }),
        step("create", "command", "talos-k8s-6-member", { after: {} }),
      ],
      rows: ["k8s-6 | new machine | v1.13.9 | [none]"],
    },
    {
      of: "the keys of the cluster",
      steps: ["create-replacement", "replace", "delete-replaced"].map((op) =>
        step(op, "secrets", "talos-secrets", {
          before: { talosVersion: "v1.12" },
          after: { talosVersion: "v1.11" },
        }),
      ),
      rows: ["cluster | all keys | [replace]"],
      outcome: "destructive",
    },
    {
      of: "Cilium",
      steps: [
        step("update", "release", "cluster-cilium", {
          before: release,
          after: { ...release, version: "1.20.1", values: { operator: { replicas: 2 } } },
        }),
      ],
      rows: ["Cilium | chart | version 1.19.7 1.20.1 | values.operator.replicas 1 2 | [restart]"],
    },
    {
      of: "how long Helm waits",
      steps: [
        step("update", "release", "cluster-cilium", { before: release, after: { ...release, timeout: 900 } }),
      ],
      rows: ["Cilium | Helm settings | timeout 600 900 | [live]"],
    },
    {
      of: "Cilium going away",
      steps: [step("delete", "release", "cluster-cilium", { before: release })],
      rows: ["Cilium | chart | [replace]"],
      outcome: "destructive",
    },
    {
      of: "Flux's version",
      steps: [
        step("update", "oci", "flux-flux-manifests", {
          before: oci,
          after: { spec: { ...oci.spec, ref: { tag: "v2.9.4" } } },
        }),
      ],
      rows: ["Flux | version | v2.7.3 v2.9.4 | [restart]"],
    },
    {
      of: "how often Flux looks",
      steps: [
        step("update", "oci", "flux-flux-manifests", {
          before: oci,
          after: { spec: { ...oci.spec, interval: "1h" } },
        }),
      ],
      rows: ["Flux | what it applies | spec.interval 10m 1h | [live]"],
    },
    {
      of: "maintenance",
      steps: [
        step("update", "oci", "flux-flux-manifests", {
          before: oci,
          after: { spec: { ...oci.spec, suspend: true } },
        }),
        step("update", "oci", "flux-kustomization", {
          before: self,
          after: { spec: { ...self.spec, suspend: true } },
        }),
        stepUpdate("flux-suspension", { SUSPEND: "false" }, { SUSPEND: "true" }),
        stepUpdate("flux-proof", {}, { SUSPEND: "true" }),
      ],
      rows: ["Flux | suspended | true | [live]"],
    },
    {
      of: "patches of Flux's controllers",
      steps: [
        step("update", "oci", "flux-kustomization", {
          before: self,
          after: { spec: { ...self.spec, patches: [] } },
        }),
      ],
      rows: ['Flux | settings of the controllers | spec.patches [{"patch":"a"}] [] | [restart]'],
    },
    {
      of: "patches of Flux's controllers, by the name that the resource had before",
      steps: [
        step("update", "oci", "flux-flux", { before: self, after: { spec: { ...self.spec, patches: [] } } }),
      ],
      rows: ['Flux | settings of the controllers | spec.patches [{"patch":"a"}] [] | [restart]'],
    },
    {
      of: "an age key more",
      steps: [
        {
          ...step("update", "secret", "flux-secrets-age-key", {
            before: { stringData: "[secret]" },
            after: { stringData: "[secret]" },
          }),
          detailedDiff: { stringData: { kind: "update" } },
        },
      ],
      rows: ["Flux | Secrets | [live]"],
    },
    {
      of: "another repository",
      steps: ["create-replacement", "replace", "delete-replaced"].map((op) =>
        step(op, "deployKey", "flux-secrets-deploy-key", {
          before: { repository: "old" },
          after: { repository: "new" },
        }),
      ),
      rows: ["GitHub | deploy key | repository old new | [replace]"],
    },
    {
      of: "a webhook, its own right at GitHub asked for before",
      steps: [
        stepUpdate("preflight-git", {}, { WEBHOOK_URL: "https://flux-webhook.home.example" }),
        step("create", "webhook", "flux-webhook", {
          after: { repository: "home-cluster", configuration: { url: "[secret]", secret: "[secret]" } },
        }),
      ],
      rows: ["GitHub | webhook | home-cluster | [none]"],
    },
    {
      of: "another token, in the cluster and at GitHub",
      steps: [
        step("update", "secret", "flux-secrets-webhook-token-secret", {
          before: { stringData: "[secret]" },
          after: { stringData: "[another secret]" },
        }),
        step("update", "webhook", "flux-webhook", {
          before: { repository: "home-cluster", configuration: { url: "one", secret: "one" } },
          after: { repository: "home-cluster", configuration: { url: "other", secret: "other" } },
        }),
      ],
      rows: ["Flux | Secrets | [live]", "GitHub | webhook | [live]"],
    },
    {
      of: "a time limit of the steps, the same on all machines",
      steps: [
        stepUpdate("talos-k8s-1-os", { DRAIN_SECONDS: "300" }, { DRAIN_SECONDS: "600" }),
        stepUpdate("talos-k8s-2-os", { DRAIN_SECONDS: "300" }, { DRAIN_SECONDS: "600" }),
      ],
      rows: ["k8s-1+k8s-2 | settings of steps | DRAIN_SECONDS 300 600 | [none]"],
    },
    {
      of: "keys that are written anew to the steps alone",
      steps: [
        {
          ...stepUpdate(
            "cluster-api-ready",
            { KUBECONFIG_TEXT: "[secret]" },
            { KUBECONFIG_TEXT: "[secret]" },
          ),
          detailedDiff: { "environment.KUBECONFIG_TEXT": { kind: "update" } },
        },
      ],
      rows: ["cluster | steps look again | [none]"],
    },
    {
      of: "a resource that the plan does not know, changed",
      steps: [step("update", "bucket", "backups", { before: { acl: "a" }, after: { acl: "b" } })],
      rows: ["backups | changed | acl a b | [live]"],
    },
    {
      of: "a resource that the plan does not know, deleted",
      steps: [step("delete", "bucket", "backups", { before: { acl: "a" } })],
      rows: ["backups | deleted | [wipe]"],
      outcome: "destructive",
    },
  ];
  for (const { of, steps, rows, outcome = "changes" } of cases)
    it(of, () => {
      const plan = planOf(...steps);
      expect(rowsOf(plan)).toStrictEqual(rows);
      expect(plan.outcome).toBe(outcome);
    });

  it("says nothing of what stays", () => {
    const plan = planOf();
    expect([plan.rows, plan.steps, plan.outcome, plan.seconds]).toStrictEqual([[], [], "nothing", 0]);
  });

  it("does not drain the only machine", () => {
    const upgrade = stepUpdate("talos-k8s-1-os", ...versions, { NODE_ROLE: "controlplane" });
    const plan = makePlan(digest(upgrade), { texts: new Map() });
    expect(rowsOf(plan)).toStrictEqual(["k8s-1 | Talos | v1.12.0 v1.13.9 | [reboot]"]);
  });

  it("warns loudly of new keys", () => {
    const { warnings } = planOf(
      step("replace", "secrets", "talos-secrets", {
        before: { talosVersion: "a" },
        after: { talosVersion: "b" },
      }),
    );
    expect(warnings.join()).toMatch(/no machine, certificate or kubeconfig of the living cluster fits them/);
  });
});

describe("the order of the rows", () => {
  it("puts what goes last, as the engine does", () => {
    const plan = planOf(
      step("delete", "config", "talos-k8s-5-config", { before: {} }),
      stepUpdate("talos-k8s-1-os", ...versions),
    );
    expect(plan.rows.map(({ on }) => on)).toStrictEqual([["k8s-1"], ["k8s-5"]]);
  });

  it("sorts machines by name that go at the same time", () => {
    const plan = planOf(...["k8s-10", "k8s-9"].map((name) => stepUpdate(`talos-${name}-os`, ...versions)));
    expect(plan.rows.map(({ on }) => on)).toStrictEqual([["k8s-9"], ["k8s-10"]]);
  });

  it("has one row for a machine that leaves in several operations", () => {
    const plan = planOf(
      ...["k8s-4", "k8s-5"].map((name) =>
        step("delete", "command", `talos-${name}-member`, { before: { delete: "node b" } }),
      ),
      ...["k8s-4", "k8s-5"].map((name) => step("delete", "config", `talos-${name}-config`, { before: {} })),
    );
    expect(rowsOf(plan)).toStrictEqual([
      "k8s-4 | leaves the cluster | [wipe]",
      "k8s-5 | leaves the cluster | [wipe]",
    ]);
  });

  it("does not move a harmless row to before one that hurts", () => {
    const label = [{ machine: { nodeLabels: { zone: "kitchen" } } }];
    const plan = planOf(
      configUpdate("k8s-1", [], label),
      configUpdate("k8s-2", [], [{ machine: { env: { A: "b" } } }]),
      configUpdate("k8s-3", [], label),
    );
    expect(plan.rows.map(({ on, impact }) => [...on, impact])).toStrictEqual([
      ["k8s-1", "live"],
      ["k8s-2", "reboot"],
      ["k8s-3", "live"],
    ]);
  });
});

describe("the steps of a plan", () => {
  it("are all there, each with the row of its cause", () => {
    const plan = planOf(
      stepUpdate("talos-prepare", ...versions),
      stepUpdate("talos-k8s-4-inspect", { CONFIG_HASH: "a" }, { CONFIG_HASH: "b" }),
      stepUpdate("talos-k8s-1-os", ...versions),
      stepUpdate("talos-k8s-4-os", ...versions),
      stepUpdate("flux-proof", { CLUSTER_ID: "a" }, { CLUSTER_ID: "b" }),
    );
    expect(plan.steps.map(({ name, row }) => [name, row])).toStrictEqual([
      ["talos-prepare", 0],
      ["talos-k8s-4-inspect", 1],
      ["talos-k8s-1-os", 0],
      ["talos-k8s-4-os", 1],
      ["flux-proof", 1],
    ]);
    expect(plan.steps[0]?.inputs).toStrictEqual([{ name: "TALOS_VERSION", from: "v1.12.0", to: "v1.13.9" }]);
  });
});

describe("the estimate", () => {
  const bump = (name: string, dependencies: readonly string[]): PreviewStep => {
    const { op, urn, oldState, newState } = stepUpdate(`talos-${name}-os`, ...versions);
    assert.ok(oldState !== undefined && newState !== undefined);
    return { op, urn, oldState, newState: { ...newState, dependencies } };
  };

  it("adds up machines that go one after the other", () => {
    const one = planOf(bump("k8s-4", ["a"])).seconds;
    expect(planOf(bump("k8s-4", ["a"]), bump("k8s-5", ["b"])).seconds).toBe(2 * one);
  });

  it("counts machines once that go at the same time", () => {
    const one = planOf(bump("k8s-4", ["a"])).seconds;
    expect(planOf(bump("k8s-4", ["a"]), bump("k8s-5", ["a"])).seconds).toBe(one);
  });
});
