import assert from "node:assert/strict";
import { describe, expect, it } from "@jest/globals";
import { machineConfigDiffs, yamlDiff } from "../../../commands/plan/diffs.ts";
import { compareBundles } from "../../../commands/plan/fluxBundle.ts";
import { machineConfigOf } from "../../../commands/plan/machineConfig.ts";
import { estimates } from "../../../commands/plan/estimates.ts";
import { needsReboot, needsRestart, restartsStaticPods } from "../../../commands/plan/rules/configCosts.ts";
import { unitsOf } from "../../../commands/plan/units.ts";
import { Masker } from "../../../src/steps/mask.ts";
import { configUpdate, digest } from "./sample.ts";

describe("machineConfigOf", () => {
  it("merges patches in their order, lists put together, documents by kind and name", () => {
    const patches = [
      { machine: { sysctls: { a: "1", b: "1" }, certSANs: ["x"] } },
      { apiVersion: "v1alpha1", kind: "VolumeConfig", name: "EPHEMERAL", size: 1 },
      { machine: { sysctls: { b: "2" }, certSANs: ["y"] } },
      { apiVersion: "v1alpha1", kind: "VolumeConfig", name: "EPHEMERAL", size: 2 },
    ];
    expect(machineConfigOf(patches.map((patch) => JSON.stringify(patch)))).toStrictEqual({
      machine: { sysctls: { a: "1", b: "2" }, certSANs: ["x", "y"] },
      documents: {
        "VolumeConfig EPHEMERAL": {
          apiVersion: "v1alpha1",
          kind: "VolumeConfig",
          name: "EPHEMERAL",
          size: 2,
        },
      },
    });
  });
});

describe("what Talos takes without a reboot", () => {
  it.each(["machine.nodeLabels.a", "machine.install.image", "cluster.etcd", "documents.X.a", "debug"])(
    "%s it does",
    (path) => expect(needsReboot(path)).toBe(false),
  );
  it.each(["machine.files", "machine.type", "machine.env.A", "machine.features.rbac", "machine.disks"])(
    "%s it does not",
    (path) => expect(needsReboot(path)).toBe(true),
  );
  it("starts the pods of the control plane again, which takes longest with a single one", () => {
    for (const path of [
      "cluster.apiServer.extraArgs.v",
      "cluster.scheduler",
      "cluster.controlPlane.endpoint",
    ])
      assert.equal(restartsStaticPods(path), true, path);
    for (const path of [
      "cluster.apiServer.certSANs",
      "cluster.etcd.extraArgs.v",
      "machine.kubelet.extraArgs.v",
    ])
      assert.equal(restartsStaticPods(path), false, path);
    const size = { workers: 2, drainSeconds: 300 };
    expect(estimates.restartStaticPods({ ...size, controlPlanes: 3 })).toBe(60);
    expect(estimates.restartStaticPods({ ...size, controlPlanes: 1 })).toBe(180);
  });

  it("starts what reads it again", () => {
    expect(
      ["machine.kubelet.extraArgs.v", "cluster.apiServer", "machine.nodeLabels.a", "machine.kubeletX"].map(
        needsRestart,
      ),
    ).toStrictEqual([true, true, false, false]);
  });
});

describe("yamlDiff", () => {
  it("shows the way to each difference and nothing that stays", () => {
    expect(yamlDiff({ a: { b: { c: 1, d: 1 } }, e: 1 }, { e: 1, a: { b: { d: 1, c: 2 } } })).toBe(
      [" a:", "   b:", "-    c: 1", "+    c: 2"].join("\n"),
    );
  });

  it("names the item of a list that differs", () => {
    const list = (image: string): object => ({
      containers: [
        { name: "a", image: "x" },
        { name: "b", image, args: [] },
      ],
    });
    expect(yamlDiff(list("1"), list("2"))).toBe(
      [" containers:", '-  - image: "1"', '+  - image: "2"', "     name: b"].join("\n"),
    );
  });

  it("keeps the key under which something is new", () => {
    expect(yamlDiff({ a: { b: 1 } }, { a: { b: 1, c: 2 }, d: 1 })).toBe(
      [" a:", "+  c: 2", "+d: 1"].join("\n"),
    );
  });

  it("is empty for the same values", () => {
    expect(yamlDiff({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe("");
  });
});

describe("machineConfigDiffs", () => {
  it("shows the same change of several machines once, though they differ elsewhere", () => {
    const of = (name: string, value: string): readonly object[] => [
      { machine: { network: { hostname: name }, sysctls: { a: value } } },
    ];
    const units = unitsOf(
      digest(
        configUpdate("k8s-1", of("k8s-1", "1"), of("k8s-1", "2")),
        configUpdate("k8s-2", of("k8s-2", "1"), of("k8s-2", "2")),
        configUpdate("k8s-3", of("k8s-3", "1"), of("k8s-3", "3")),
      ),
      new Masker(),
    );
    expect(machineConfigDiffs(units, new Masker())).toStrictEqual([
      { of: ["k8s-1", "k8s-2"], diff: [" machine:", "   sysctls:", '-    a: "1"', '+    a: "2"'].join("\n") },
      { of: ["k8s-3"], diff: [" machine:", "   sysctls:", '-    a: "1"', '+    a: "3"'].join("\n") },
    ]);
  });
});

describe("compareBundles", () => {
  const object = (kind: string, name: string, version: string, spec: unknown): string =>
    JSON.stringify({
      kind,
      metadata: { name, namespace: "flux-system", labels: { "app.kubernetes.io/version": version } },
      spec,
    });
  const bundle = (version: string, ...objects: readonly string[]): { version: string; text: string } => ({
    version,
    text: objects.join("\n---\n"),
  });

  it("names what comes and goes, and shows what changes apart from the version's label", () => {
    const result = compareBundles(
      bundle(
        "v1",
        object("A", "stays", "v1", 1),
        object("B", "changes", "v1", 1),
        object("C", "goes", "v1", 1),
      ),
      bundle(
        "v2",
        object("A", "stays", "v2", 1),
        object("B", "changes", "v2", 2),
        object("D", "comes", "v2", 1),
      ),
    );
    expect(result).toStrictEqual({
      from: "v1",
      to: "v2",
      added: ["D flux-system/comes"],
      removed: ["C flux-system/goes"],
      changed: [{ of: ["B flux-system/changes"], diff: "-spec: 1\n+spec: 2" }],
    });
  });

  it("shows which versions and fields a definition has, and not its schema", () => {
    const definition = (versions: readonly object[]): string =>
      JSON.stringify({
        kind: "CustomResourceDefinition",
        metadata: { name: "as.example.com" },
        spec: { versions },
      });
    const version = (name: string, properties: object): object => ({
      name,
      served: true,
      schema: { openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties } } } },
    });
    const refs = { type: "array", items: { type: "object", properties: { tag: { type: "string" } } } };
    const { changed } = compareBundles(
      bundle("v1", definition([version("v1", { url: { type: "string" } }), version("v1beta1", {})])),
      bundle("v2", definition([version("v1", { url: { type: "string", description: "new words" }, refs })])),
    );
    expect(changed[0]?.diff.split("\n")).toStrictEqual([
      " spec:",
      "   versions:",
      "     v1:",
      "       fields:",
      "-    v1beta1:",
      "-      served: true",
      "+        spec.refs: array",
      "+        spec.refs[]: object",
      "+        spec.refs[].tag: string",
    ]);
  });

  it("shortens long differences, and says by how much", () => {
    const spec = (from: number): readonly number[] => Array.from({ length: 30 }, (_, index) => index + from);
    const [changed] = compareBundles(
      bundle("v1", object("A", "a", "v1", spec(0))),
      bundle("v2", object("A", "a", "v2", spec(100))),
    ).changed;
    const lines = changed?.diff.split("\n") ?? [];
    expect(lines.length).toBe(25);
    expect(lines.at(-1) ?? "").toMatch(/^… \d+ more lines$/);
  });
});
