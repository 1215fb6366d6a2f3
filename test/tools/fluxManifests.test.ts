import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { gunzipSync } from "node:zlib";
import { parseAllDocuments } from "yaml";
import { writeArtifact } from "../../tools/fluxManifests/artifact.ts";
import { installObjects, renderManifests } from "../../tools/fluxManifests/manifests.ts";
import type { KubeObject } from "../../tools/fluxManifests/object.ts";
import { fluxSets } from "../../tools/fluxManifests/sets.ts";
import { ensureTools } from "../../tools/ensureTools.ts";
import { Fixture } from "./fixture.ts";

const set = fluxSets[0];
assert.ok(set);
const definition: KubeObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "things.helm.toolkit.fluxcd.io", annotations: { a: "b" } },
  spec: { group: "helm.toolkit.fluxcd.io" },
};
const parse = (text: string): KubeObject[] =>
  parseAllDocuments(text).map((document) => document.toJS() as KubeObject);

interface Deployment extends KubeObject {
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: {
        readonly priorityClassName?: string;
        readonly serviceAccountName: string;
        readonly containers: readonly [{ readonly image: string; readonly args: readonly string[] }];
      };
    };
  };
}

describe("the Flux manifests", () => {
  const objects = installObjects(set);
  const named = (kind: string): string[] =>
    objects.filter((object) => object.kind === kind).map(({ metadata }) => metadata.name);
  const deployments = objects.filter((object): object is Deployment => object.kind === "Deployment");

  it("hold exactly these objects besides the definitions", () => {
    const kinds = [...new Set(objects.map(({ kind }) => kind))];
    expect(Object.fromEntries(kinds.map((kind) => [kind, named(kind)]))).toStrictEqual({
      Namespace: ["flux-system"],
      NetworkPolicy: ["allow-egress", "allow-scraping", "allow-webhooks"],
      ResourceQuota: ["critical-pods-flux-system"],
      ClusterRole: ["crd-controller-flux-system", "flux-edit-flux-system", "flux-view-flux-system"],
      ClusterRoleBinding: ["cluster-reconciler-flux-system", "crd-controller-flux-system"],
      ServiceAccount: set.controllers.map(({ name }) => name),
      Service: ["source-controller", "notification-controller", "webhook-receiver"],
      Deployment: set.controllers.map(({ name }) => name),
    });
  });

  it("label every object with Flux, its version and its instance", () => {
    for (const { kind, metadata } of [...objects, ...parse(renderManifests(set, {}))]) {
      assert.equal(metadata.labels?.["app.kubernetes.io/part-of"], "flux", `${kind} ${metadata.name}`);
      expect(metadata.labels["app.kubernetes.io/version"]).toBe("v2.9.4");
      expect(metadata.labels["app.kubernetes.io/instance"]).toBe("flux-system");
    }
  });

  it("label pod templates as their Deployments, with the app in addition", () => {
    for (const { metadata, spec } of deployments)
      expect(spec.template.metadata.labels).toStrictEqual({
        app: metadata.name,
        "app.kubernetes.io/component": metadata.name,
        "app.kubernetes.io/instance": "flux-system",
        "app.kubernetes.io/part-of": "flux",
        "app.kubernetes.io/version": "v2.9.4",
      });
  });

  it("run each controller's image under its own account, the critical ones with priority", () => {
    expect(
      deployments.map(({ spec: { template } }) => [
        template.spec.containers[0].image,
        template.spec.serviceAccountName,
        template.spec.priorityClassName,
      ]),
    ).toStrictEqual([
      ["ghcr.io/fluxcd/source-controller:v1.9.4", "source-controller", "system-cluster-critical"],
      ["ghcr.io/fluxcd/kustomize-controller:v1.9.4", "kustomize-controller", "system-cluster-critical"],
      ["ghcr.io/fluxcd/helm-controller:v1.6.3", "helm-controller", "system-cluster-critical"],
      ["ghcr.io/fluxcd/notification-controller:v1.9.3", "notification-controller", undefined],
    ]);
  });

  it("pass the arguments of `flux install`", () => {
    const events = "--events-addr=http://notification-controller.$(RUNTIME_NAMESPACE).svc.cluster.local./";
    const common = [
      "--watch-all-namespaces=true",
      "--log-level=info",
      "--log-encoding=json",
      "--enable-leader-election",
    ];
    const storage = [
      "--storage-path=/data",
      "--storage-adv-addr=source-controller.$(RUNTIME_NAMESPACE).svc.cluster.local.",
    ];
    expect(deployments.map(({ spec }) => spec.template.spec.containers[0].args)).toStrictEqual([
      [events, ...common, ...storage],
      [events, ...common],
      [events, ...common],
      common,
    ]);
  });

  it("put definitions behind the namespace, with the controller's labels and their own annotations", () => {
    const [first, second, third] = parse(renderManifests(set, { "helm-controller": [definition] }));
    expect(first?.kind).toBe("Namespace");
    expect(second?.metadata).toStrictEqual({
      name: "things.helm.toolkit.fluxcd.io",
      annotations: { a: "b" },
      labels: {
        "app.kubernetes.io/component": "helm-controller",
        "app.kubernetes.io/instance": "flux-system",
        "app.kubernetes.io/part-of": "flux",
        "app.kubernetes.io/version": "v2.9.4",
      },
    });
    expect(third?.kind).toBe("NetworkPolicy");
  });
});

describe("the Flux artifact", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tools-test-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const read = (...path: string[]): Buffer => readFileSync(join(folder, ...path));
  const json = (...path: string[]): unknown => JSON.parse(read(...path).toString("utf8"));
  const blob = (digest: string): string[] => ["blobs", "sha256", digest.replace("sha256:", "")];

  interface Index {
    readonly manifests: readonly [{ readonly digest: string; readonly annotations: object }];
  }
  interface Manifest {
    readonly config: { readonly mediaType: string; readonly digest: string };
    readonly layers: readonly {
      readonly mediaType: string;
      readonly digest: string;
      readonly size: number;
    }[];
    readonly annotations: Readonly<Record<string, string>>;
  }

  it("is one layer with gotk-components.yaml, under Flux's media types", async () => {
    await writeArtifact(folder, "v2.9.4", "kind: Namespace\n");
    const index = json("index.json") as Index;
    expect(index.manifests[0].annotations).toStrictEqual({ "org.opencontainers.image.ref.name": "v2.9.4" });
    const manifest = json(...blob(index.manifests[0].digest)) as Manifest;
    expect(manifest.config.mediaType).toBe("application/vnd.cncf.flux.config.v1+json");
    expect(manifest.layers.map(({ mediaType }) => mediaType)).toStrictEqual([
      "application/vnd.cncf.flux.content.v1.tar+gzip",
    ]);
    expect(manifest.annotations["org.opencontainers.image.revision"] ?? "").toMatch(
      /^v2\.9\.4@sha1:[0-9a-f]{40}$/,
    );
    const tar = gunzipSync(read(...blob(manifest.layers[0]?.digest ?? "")));
    expect(tar.toString("utf8", 0, 100).replace(/\0.*$/s, "")).toBe("gotk-components.yaml");
    expect(tar.toString("utf8", 512, 512 + 16)).toBe("kind: Namespace\n");
    expect(read("layer.tar.gz")).toStrictEqual(read(...blob(manifest.layers[0]?.digest ?? "")));
    expect(read("gotk-components.yaml").toString("utf8")).toBe("kind: Namespace\n");
  });

  it("names each blob by its digest", async () => {
    await writeArtifact(folder, "v2.9.4", "kind: Namespace\n");
    for (const name of readdirSync(join(folder, "blobs", "sha256")))
      expect(
        createHash("sha256")
          .update(read("blobs", "sha256", name))
          .digest("hex"),
      ).toBe(name);
  });

  it("is the same, byte for byte, for the same manifests", async () => {
    const text = renderManifests(set, { "helm-controller": [definition] });
    await writeArtifact(join(folder, "a"), "v2.9.4", text);
    await writeArtifact(
      join(folder, "b"),
      "v2.9.4",
      renderManifests(set, { "helm-controller": [definition] }),
    );
    expect(read("a", "index.json")).toStrictEqual(read("b", "index.json"));
  });

  it("is made by controller-gen from all API packages, which is got first", async () => {
    const fixture = new Fixture();
    try {
      // The definitions come from a controller-gen that is a script here.
      const generator = fixture.program(
        "generator",
        `#!/bin/sh\necho "$@" >> "$FAKE_GO/calls"\nfor word; do case $word in output:crd:dir=*) folder=\${word#*dir=};; esac; done\necho '${JSON.stringify(definition)}' > "$folder/x.yaml"\n`,
      );
      const { groups: _groups, recipes: _recipes, ...options } = fixture.options(["flux-manifests@v2.9.4"]);
      const toolbox = await ensureTools({
        ...options,
        find: async (key) => (key === "controller-gen" ? generator : undefined),
      });
      const made = toolbox["flux-manifests@v2.9.4"] ?? "";
      expect(Object.keys(toolbox)).toStrictEqual(["flux-manifests@v2.9.4"]);
      const text = readFileSync(join(made, "gotk-components.yaml"), "utf8");
      expect(parse(text).length).toBe(installObjects(set).length + set.controllers.length);
      const paths = fixture.calls.map((call) => call.replace(/ output:crd:dir=\S+/, ""));
      expect(paths).toStrictEqual(
        set.controllers.map(({ name, apis }) =>
          ["crd", ...apis.map((api) => `paths=github.com/fluxcd/${name}/api/${api}`)].join(" "),
        ),
      );
    } finally {
      fixture.remove();
    }
  });
});
