// The program cluster-build, on small trees. No lab: it is here because the program has to be built.
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { BuiltKustomization } from "../../commands/tree/types.ts";
import { listFiles } from "../../tree/index.ts";
import { configMap, kustomization } from "../commands/tree/treeFixture.ts";
import { ClusterBuilder, only, problemsOf, type Files } from "./clusterBuilder.ts";

const list = (...files: readonly string[]): string => `resources: [${files.join(", ")}]\n`;

const builder = new ClusterBuilder();
const { build, buildApp } = builder;
beforeAll(() => builder.start());
beforeEach(() => {
  builder.begin();
});
afterEach(() => {
  builder.end();
});

const named = ({ objects }: BuiltKustomization): readonly string[] =>
  objects.map(({ object, file }) => `${object.kind} ${object.metadata.name} of ${file ?? "nowhere"}`);

describe("what cluster-build finds", () => {
  it("is built level by level, each once, and what is not built says why", async () => {
    const { kustomizations } = await build({
      "cluster/flux/apps.yaml":
        kustomization("apps", "./cluster/apps") + kustomization("again", "cluster/again/"),
      "cluster/apps/kustomization.yaml": list("a/ks.yaml"),
      "cluster/apps/a/ks.yaml": kustomization("a", "./cluster/apps/a/app"),
      "cluster/apps/a/app/one.yaml": configMap("one", "{a: b}") + kustomization("cluster", "./elsewhere"),
      "cluster/again/a.yaml":
        kustomization("a", "./cluster/another") + kustomization("apps", "./cluster/apps"),
    });
    expect(
      kustomizations.map(({ name, path, parent, skipped }) => [name, path, parent, skipped]),
    ).toStrictEqual([
      ["flux", ".", null, "its source is another one, OCIRepository flux-system/flux-manifests"],
      ["cluster", "cluster/flux", null, null],
      ["apps", "cluster/apps", "flux-system/cluster", null],
      ["again", "cluster/again", "flux-system/cluster", null],
      ["a", "cluster/apps/a/app", "flux-system/apps", null],
    ]);
  });

  it("includes what patches bring into a Kustomization", async () => {
    const patch = `  patches:
    - patch: |
        - {op: add, path: /spec/targetNamespace, value: patched}
      target: {kind: Kustomization}`;
    const { kustomizations } = await build({
      "cluster/flux/apps.yaml": kustomization("apps", "./cluster/apps", patch),
      "cluster/apps/ks.yaml": kustomization("a", "./cluster/a"),
      "cluster/a/one.yaml": "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: one}\n",
    });
    const [one] = kustomizations.find(({ name }) => name === "a")?.objects ?? [];
    expect(one?.object.metadata.namespace).toBe("patched");
  });

  it("leaves out one that Flux does not apply", async () => {
    const object = kustomization("manual", "./cluster/apps").replace(
      "namespace: flux-system",
      "namespace: flux-system, annotations: {kustomize.toolkit.fluxcd.io/reconcile: disabled}",
    );
    const { kustomizations } = await build({ "cluster/flux/manual.yaml": object });
    expect(kustomizations.find(({ name }) => name === "manual")?.skipped).toBe(
      "its annotation kustomize.toolkit.fluxcd.io/reconcile says disabled: whoever applies it, Flux does not",
    );
  });
});

describe("a build", () => {
  it("generates a kustomization.yaml where there is none, and leaves the tree as it is", async () => {
    const app = await buildApp({
      "one.yaml": configMap("one", "{a: b}"),
      "sub/kustomization.yaml": list("two.yaml"),
      "sub/two.yaml": configMap("two", "{a: b}"),
      "sub/unused.yaml": configMap("unused", "{a: b}"),
    });
    expect(named(app)).toStrictEqual([
      "ConfigMap one of cluster/app/one.yaml",
      "ConfigMap two of cluster/app/sub/two.yaml",
    ]);
    expect(only({ ...app, objects: app.objects.slice(0, 1) }).metadata.annotations).toBe(undefined);
    expect(listFiles(builder.fixture.root).filter((file) => file.startsWith("cluster/app/"))).toStrictEqual([
      "cluster/app/one.yaml",
      "cluster/app/sub/kustomization.yaml",
      "cluster/app/sub/two.yaml",
      "cluster/app/sub/unused.yaml",
    ]);
  });

  it("does what the Kustomization says: names, namespace, images, metadata, components", async () => {
    const app = await buildApp(
      {
        "kustomization.yaml": list("pod.yaml"),
        "pod.yaml":
          "apiVersion: v1\nkind: Pod\nmetadata: {name: pod, labels: {own: l}}\n" +
          'spec: {containers: [{name: main, image: "busybox:1"}]}\n',
        "../part/kustomization.yaml":
          "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonAnnotations: {part: is-in}\n",
      },
      `  targetNamespace: there
  namePrefix: a-
  nameSuffix: -z
  components: [../part]
  images: [{name: busybox, newTag: "2"}]
  commonMetadata: {labels: {common: l}, annotations: {common: a}}`,
    );
    expect(only(app)).toStrictEqual({
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: "a-pod-z",
        namespace: "there",
        labels: { own: "l", common: "l" },
        annotations: { part: "is-in", common: "a" },
      },
      spec: { containers: [{ name: "main", image: "busybox:2" }] },
    });
  });

  it("names the generator's file as the origin of what it generates", async () => {
    const app = await buildApp({
      "kustomization.yaml":
        "namespace: default\nconfigMapGenerator: [{name: made, literals: [a=b], options: {disableNameSuffixHash: true}}]\n",
    });
    expect(named(app)).toStrictEqual(["ConfigMap made of cluster/app/kustomization.yaml"]);
  });

  it("keeps the origins that a tree asks for itself", async () => {
    const app = await buildApp({
      "kustomization.yaml": `${list("one.yaml")}buildMetadata: [originAnnotations]\n`,
      "one.yaml": configMap("one", "{a: b}"),
    });
    expect(only(app).metadata.annotations).toStrictEqual({
      "config.kubernetes.io/origin": "path: one.yaml\n",
    });
  });

  it("lets an example stand for a secret that is not there, and not for one that is", async () => {
    const secret = (name: string, value: string): string =>
      `apiVersion: v1\nkind: Secret\nmetadata: {name: ${name}, namespace: default}\nstringData: {a: "${value}"}\n`;
    const app = await buildApp({
      "a.sops.yaml": `${secret("a", "ENC[AES256_GCM,data:x]")}sops: {mac: x}\n`,
      "a.sops.yaml.example": secret("example-a", "x"),
      "b.sops.yaml.example": secret("b", "x"),
      "listed/kustomization.yaml": list("c.sops.yaml"),
      "listed/c.sops.yaml.example": secret("c", "x"),
    });
    expect(app.problems).toStrictEqual([]);
    expect(named(app).toSorted()).toStrictEqual([
      "Secret a of cluster/app/a.sops.yaml",
      "Secret b of cluster/app/b.sops.yaml",
      "Secret c of cluster/app/listed/c.sops.yaml",
    ]);
  });

  it("uses the API description that a kustomization.yaml brings, for that build alone", async () => {
    const definitions = {
      "example.v1.Thing": {
        type: "object",
        "x-kubernetes-group-version-kind": [{ group: "example.org", version: "v1", kind: "Thing" }],
        properties: {
          parts: {
            type: "array",
            items: { type: "object" },
            "x-kubernetes-patch-merge-key": "name",
            "x-kubernetes-patch-strategy": "merge",
          },
        },
      },
    };
    const files = (more: string): Files => ({
      "kustomization.yaml": `${list("thing.yaml")}${more}patches: [{path: patch.yaml}]\n`,
      "thing.yaml":
        "apiVersion: example.org/v1\nkind: Thing\nmetadata: {name: t}\nparts: [{name: a}, {name: b}]\n",
      "patch.yaml":
        "apiVersion: example.org/v1\nkind: Thing\nmetadata: {name: t}\nparts: [{name: b, x: 1}]\n",
      "schema.json": JSON.stringify({ definitions }),
    });
    const parts = (app: BuiltKustomization): unknown => only(app)["parts"];
    const own = await buildApp(files("openapi: {path: schema.json}\n"));
    expect(parts(own)).toStrictEqual([{ name: "b", x: 1 }, { name: "a" }]);
    expect(parts(await buildApp(files("")))).toStrictEqual([{ name: "b", x: 1 }]);
  });

  it.each([
    [
      "a file that is not there",
      { "kustomization.yaml": list("gone.yaml") },
      "build | - | cluster/app/kustomization.yaml | - | cluster/app/gone.yaml is named, but is not there",
    ],
    [
      "a file that is no YAML",
      { "sub/kustomization.yaml": list("bad.yaml"), "sub/bad.yaml": "a: b\n c: d\n" },
      "build | - | cluster/app/sub/bad.yaml | - | it cannot be read: yaml: line 2: mapping values are not allowed in this context",
    ],
    [
      "a way out of the repository",
      { "kustomization.yaml": list("../../../x.yaml") },
      /^build \| - \| - \| - \| .*must build at directory/,
    ],
  ] as const)("reports %s", async (_what, files, expected) => {
    const [problem, ...more] = problemsOf(await buildApp(files));
    expect(more).toStrictEqual([]);
    if (typeof expected === "string") expect(problem).toBe(expected);
    else expect(problem ?? "").toMatch(expected);
  });

  it("reports a path that is not there, with the file that says it", async () => {
    const { kustomizations } = await build({
      "cluster/flux/app.yaml": kustomization("app", "./cluster/gone"),
    });
    expect(kustomizations.flatMap(problemsOf)).toStrictEqual([
      'build | - | cluster/flux/app.yaml | spec.path | found "./cluster/gone", but there is no such folder',
    ]);
  });
});
