import assert from "node:assert/strict";
import { describe, expect, it } from "@jest/globals";
import { compare } from "../../../commands/diff/compare.ts";
import { answer, changes, diffOf, fluxKustomization, object, release, type App } from "./answers.ts";

const one = object("ConfigMap", "one", { data: { a: "b" } });
const deleted = "is deleted from the cluster";

describe("the diff of objects", () => {
  it("says nothing where nothing differs but the order of keys", () => {
    const turned = object("ConfigMap", "one", { data: { c: "d", a: "b" } });
    const same = object("ConfigMap", "one", { data: { a: "b", c: "d" } });
    const diff = diffOf([{ name: "a", objects: [turned] }], [{ name: "a", objects: [same] }]);
    expect(diff.outcome).toBe("nothing");
    expect(diff.kustomizations).toStrictEqual([]);
  });

  it("names what is added, changed and removed, per Kustomization", () => {
    const diff = diffOf(
      [{ name: "a", objects: [one, object("Service", "old")] }],
      [{ name: "a", objects: [object("ConfigMap", "one", { data: { a: "c" } }), object("Service", "new")] }],
    );
    expect(diff.outcome).toBe("changes");
    expect(changes(diff)).toStrictEqual([
      "flux-system/a | changed | ConfigMap default/one",
      "flux-system/a | added | Service default/new",
      `flux-system/a | removed | Service default/old | ${deleted}`,
    ]);
    expect(diff.kustomizations[0]?.objects[0]?.diffs).toStrictEqual([
      { title: "", diff: " data:\n-  a: b\n+  a: c" },
    ]);
  });

  it("shows another API version of an object as its change", () => {
    const old = object("HorizontalPodAutoscaler", "x", {}, "autoscaling/v2beta2");
    const diff = diffOf(
      [{ name: "a", objects: [old] }],
      [{ name: "a", objects: [{ ...old, apiVersion: "autoscaling/v2" }] }],
    );
    expect(changes(diff)).toStrictEqual(["flux-system/a | changed | HorizontalPodAutoscaler default/x"]);
  });

  it("shows another content of a generated object as its change", () => {
    const generated = (hash: string, value: string): ReturnType<typeof object> =>
      object("ConfigMap", `gen-${hash}`, { data: { value } });
    const diff = diffOf(
      [{ name: "a", objects: [generated("4h2mbtbbt6", "x")] }],
      [{ name: "a", objects: [generated("9g2kc5f84d", "y")] }],
    );
    expect(changes(diff)).toStrictEqual(["flux-system/a | changed | ConfigMap default/gen-9g2kc5f84d"]);
  });

  it("shows an object that another Kustomization has now as moved, with what that may do", () => {
    const diff = diffOf(
      [
        { name: "a", objects: [one] },
        { name: "b", objects: [] },
      ],
      [
        { name: "a", objects: [] },
        { name: "b", objects: [one] },
      ],
    );
    expect(changes(diff)).toStrictEqual([
      "flux-system/b | moved | ConfigMap default/one | flux-system/a |" +
        " is deleted and made anew if Flux comes to flux-system/a first",
    ]);
  });

  it("says of what Flux does not apply that Pulumi may", () => {
    const marked = (tag: string): ReturnType<typeof object> => ({
      ...object("OCIRepository", "flux", { spec: { tag } }),
      metadata: { name: "flux", annotations: { "kustomize.toolkit.fluxcd.io/reconcile": "disabled" } },
    });
    const diff = diffOf([{ name: "a", objects: [marked("1")] }], [{ name: "a", objects: [marked("2")] }]);
    expect(changes(diff)).toStrictEqual([
      "flux-system/a | changed | OCIRepository flux | is not applied by Flux; where Pulumi does it, npm run plan shows it",
    ]);
  });
});

describe("what comes of an object that is in Git no more", () => {
  const noted = (kept: object, spec?: object): readonly (string | undefined)[] => {
    const object_ = { ...one, ...kept };
    const app = { name: "a", ...(spec === undefined ? {} : { spec }) };
    const diff = diffOf([{ ...app, objects: [object_] }], [{ ...app, objects: [] }]);
    return diff.kustomizations.flatMap(({ objects }) => objects.map(({ note }) => note));
  };
  const marked = {
    metadata: { ...one.metadata, labels: { "kustomize.toolkit.fluxcd.io/prune": "disabled" } },
  };

  it.each([
    ["prunes: it is deleted", {}, { prune: true }, deleted],
    [
      "does not prune: it stays",
      {},
      { prune: false },
      "stays in the cluster: Kustomization flux-system/a does not prune",
    ],
    [
      "is suspended: it stays",
      {},
      { suspend: true },
      "stays in the cluster: Kustomization flux-system/a is suspended",
    ],
    [
      "must not prune it: it stays",
      marked,
      {},
      "stays in the cluster: it says kustomize.toolkit.fluxcd.io/prune: disabled",
    ],
  ] as const)("where the Kustomization %s", (_what, kept, spec, note) => {
    expect(noted(kept, spec)).toStrictEqual([note]);
  });

  it.each([
    ["goes with it", {}, deleted],
    ["goes with it, as the policy says", { prune: false, deletionPolicy: "Delete" }, deleted],
    [
      "stays, as the policy says",
      { deletionPolicy: "Orphan" },
      "stays in the cluster: Kustomization flux-system/a leaves everything behind (deletionPolicy: Orphan)",
    ],
    [
      "stays without prune",
      { prune: false },
      "stays in the cluster: Kustomization flux-system/a does not prune",
    ],
    [
      "stays while suspended",
      { suspend: true },
      "stays in the cluster: Kustomization flux-system/a is suspended when it is deleted",
    ],
  ] as const)("where the Kustomization is gone: it %s", (_what, spec, note) => {
    expect(changes(diffOf([{ name: "a", objects: [one], spec }], []))).toStrictEqual([
      "flux-system/a removed",
      `flux-system/a | removed | ConfigMap default/one | ${note}`,
      `flux-system/apps | removed | Kustomization flux-system/a | ${deleted}`,
    ]);
  });

  it("stays with a Kustomization that applied itself", () => {
    const circle = { name: "a", objects: [one, fluxKustomization("a")] };
    const [before, after] = [answer(circle), answer()];
    const [, self] = before.kustomizations;
    assert.ok(self);
    const diff = compare(
      { name: "main", answer: { kustomizations: [self] } },
      { name: "the working tree", answer: after },
    );
    expect(changes(diff).filter((line) => line.includes("ConfigMap"))).toStrictEqual([
      "flux-system/a | removed | ConfigMap default/one |" +
        " stays in the cluster: Kustomization flux-system/a itself stays",
    ]);
  });

  it("is said aloud where more than the object is lost", () => {
    const diff = diffOf(
      [{ name: "a", objects: [object("PersistentVolumeClaim", "data"), one] }],
      [{ name: "a", objects: [] }],
    );
    expect(diff.losses).toStrictEqual([
      "PersistentVolumeClaim default/data is deleted, and perhaps its data",
    ]);
  });
});

describe("what is lost", () => {
  const claim = object("PersistentVolumeClaim", "data");
  const app = (name: string, objects: readonly ReturnType<typeof object>[], spec?: object): App => ({
    name,
    objects,
    ...(spec === undefined ? {} : { spec }),
  });
  const keep =
    "to keep it, first commit the annotation kustomize.toolkit.fluxcd.io/prune: disabled on it, let Flux apply that, then move it";

  it("is said of a renamed Kustomization, which deletes what it contains", () => {
    const diff = diffOf([app("podinfo", [claim, one])], [app("podinfo-app", [claim, one])]);
    expect(diff.losses).toStrictEqual([
      `PersistentVolumeClaim default/data moves from flux-system/podinfo to flux-system/podinfo-app: Flux may delete it before it is there anew, and perhaps its data; ${keep}`,
    ]);
  });

  it("is nothing where the old Kustomization leaves everything behind", () => {
    const spec = { deletionPolicy: "Orphan", prune: false };
    expect(diffOf([app("podinfo", [claim], spec)], [app("podinfo-app", [claim])]).losses).toStrictEqual([]);
  });

  it("is said of what moves between Kustomizations that stay", () => {
    const moved = diffOf(
      [app("podinfo", [release("x", {})]), app("b", [])],
      [app("podinfo", []), app("b", [release("x", {})])],
    );
    expect(moved.losses).toStrictEqual([
      `HelmRelease default/x moves from flux-system/podinfo to flux-system/b: Flux may delete it before it is there anew, and everything that its chart made: claims and their data, unless the chart keeps them; ${keep}`,
    ]);
  });

  const set = (whenDeleted: string): ReturnType<typeof object> =>
    object(
      "StatefulSet",
      "db",
      { spec: { persistentVolumeClaimRetentionPolicy: { whenDeleted } } },
      "apps/v1",
    );
  const crd = object("CustomResourceDefinition", "things.example.org");
  it.each([
    [
      "a HelmRelease",
      release("x", {}),
      "everything that its chart made: claims and their data, unless the chart keeps them",
    ],
    [
      "a StatefulSet that takes its claims with it",
      set("Delete"),
      "its claims and their data (whenDeleted: Delete)",
    ],
    ["a definition", crd, "every object of that kind"],
    ["a database", object("Cluster", "db", {}, "postgresql.cnpg.io/v1"), "its data"],
  ] as const)("is said of %s that is deleted", (_what, lost, loss) => {
    const name = `${lost.kind} default/${lost.metadata.name}`;
    expect(diffOf([app("a", [lost])], [app("a", [])]).losses).toStrictEqual([
      `${name} is deleted, and ${loss}`,
    ]);
  });

  it("is nothing of what Git brings back", () => {
    expect(diffOf([app("a", [one, set("Retain")])], [app("a", [])]).losses).toStrictEqual([]);
  });

  it.each([
    ["release name", {}, { releaseName: "other" }],
    ["namespace and release name", {}, { targetNamespace: "other" }],
    ["storage namespace", {}, { storageNamespace: "other" }],
    ["chart", { chart: { spec: { chart: "podinfo" } } }, { chart: { spec: { chart: "other" } } }],
  ] as const)("is said of a release that is uninstalled because of another %s", (what, before, after) => {
    expect(
      diffOf([app("a", [release("x", before)])], [app("a", [release("x", after)])]).losses,
    ).toStrictEqual([
      `HelmRelease default/x is uninstalled and installed anew, because its ${what} changes: everything that its chart made: claims and their data, unless the chart keeps them`,
    ]);
  });

  it("is nothing of a release that is upgraded in place", () => {
    const chart = (version: string): object => ({ chart: { spec: { chart: "podinfo", version } } });
    const same = { releaseName: "x" };
    expect(
      diffOf([app("a", [release("x", chart("1"))])], [app("a", [release("x", { ...chart("2"), ...same })])])
        .losses,
    ).toStrictEqual([]);
  });

  it("is said of a claim that force makes anew", () => {
    const sized = (storageClassName: string, storage: string): ReturnType<typeof object> =>
      object("PersistentVolumeClaim", "data", {
        spec: { storageClassName, resources: { requests: { storage } } },
      });
    const losses = (spec: object, ...[old, next]: readonly [object, object]): readonly string[] =>
      diffOf([app("a", [old as never], spec)], [app("a", [next as never], spec)]).losses;
    expect(losses({ force: true }, sized("a", "1Gi"), sized("b", "1Gi"))).toStrictEqual([
      "PersistentVolumeClaim default/data is deleted and made anew, because what changes is fixed and its Kustomization says force: perhaps its data",
    ]);
    expect(losses({ force: true }, sized("a", "1Gi"), sized("a", "2Gi"))).toStrictEqual([]);
    expect(losses({}, sized("a", "1Gi"), sized("b", "1Gi"))).toStrictEqual([]);
  });
});

describe("what does not build", () => {
  it("is not taken for deleted, nor is what lies below it", () => {
    const inner = { name: "inner", objects: [object("Service", "x")], parent: "a" };
    const problems = [
      { file: "cluster/a/kustomization.yaml", message: "cluster/a/gone.yaml is named, but is not there" },
    ];
    const diff = diffOf([{ name: "a", objects: [one] }, inner], [{ name: "a", objects: [], problems }]);
    expect(diff.unknown).toStrictEqual([
      {
        side: "to",
        kustomization: "flux-system/a",
        reason: "cluster/a/kustomization.yaml: cluster/a/gone.yaml is named, but is not there",
      },
    ]);
    expect(changes(diff).filter((line) => !line.startsWith("flux-system/apps |"))).toStrictEqual([]);
  });
});

describe("the charts", () => {
  const chart = (version: string, values: object = {}): object => ({
    chart: { spec: { chart: "podinfo", version } },
    values,
  });

  it("are named with both versions, and values come before the rest of a release", () => {
    const diff = diffOf(
      [
        {
          name: "a",
          objects: [release("x", chart("1.0.0", { replicas: 1 })), release("old", chart("1.0.0"))],
        },
      ],
      [
        {
          name: "a",
          objects: [release("x", chart("1.1.0", { replicas: 2 })), release("new", chart("2.0.0"))],
        },
      ],
    );
    expect(diff.charts).toStrictEqual([
      { release: "default/new", from: undefined, to: "podinfo 2.0.0" },
      { release: "default/old", from: "podinfo 1.0.0", to: undefined },
      { release: "default/x", from: "podinfo 1.0.0", to: "podinfo 1.1.0" },
    ]);
    const [, , changed] = diff.kustomizations[0]?.objects ?? [];
    expect(changed?.diffs).toStrictEqual([
      { title: "values", diff: "-replicas: 1\n+replicas: 2" },
      { title: "", diff: " spec:\n   chart:\n     spec:\n-      version: 1.0.0\n+      version: 1.1.0" },
    ]);
  });

  it("are found in the source that a release names", () => {
    const source = (tag: string): ReturnType<typeof object> =>
      object("OCIRepository", "charts", {
        spec: { url: "oci://example.org/charts/app-template", ref: { tag } },
      });
    const named = release("x", { chartRef: { kind: "OCIRepository", name: "charts" } });
    const diff = diffOf(
      [{ name: "a", objects: [named, source("4.0.0")] }],
      [{ name: "a", objects: [named, source("4.1.0")] }],
    );
    expect(diff.charts).toStrictEqual([
      { release: "default/x", from: "app-template 4.0.0", to: "app-template 4.1.0" },
    ]);
  });
});
