import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { definitionsFor } from "../../../commands/tree/definitions.ts";
import { treeRequest } from "../../../commands/tree/request.ts";
import { configFile, TreeFixture } from "./treeFixture.ts";

describe("the request for a tree", () => {
  let fixture: TreeFixture;
  beforeEach(() => {
    fixture = new TreeFixture();
  });
  afterEach(() => fixture.remove());
  const config = "cluster/flux/config/cluster.yaml";
  const without = { schemas: false } as const;

  it("begins with the Kustomizations of flux/config, from the source of the one for the tree", () => {
    const { request } = treeRequest(fixture.write({ [config]: configFile() }).tree, without);
    expect(request.root).toBe(fixture.root);
    expect(request.source).toStrictEqual({
      kind: "GitRepository",
      namespace: "flux-system",
      name: "home-cluster",
    });
    expect(request.start.map(({ metadata }) => metadata.name)).toStrictEqual(["flux", "cluster"]);
  });

  it("finds the root of a tree that lies deeper and is called otherwise", () => {
    fixture.write({ "clusters/home/flux/config/cluster.yaml": configFile("clusters/home/flux") });
    const { request } = treeRequest(join(fixture.root, "clusters/home"), without);
    expect(request.root).toBe(fixture.root);
  });

  it("takes a tree that is the repository itself", () => {
    fixture.write({ "flux/config/cluster.yaml": configFile("./flux") });
    expect(treeRequest(fixture.root, without).request.root).toBe(fixture.root);
  });

  it("says when the path does not lead into the tree", () => {
    fixture.write({ "home/flux/config/cluster.yaml": configFile() });
    expect(() => treeRequest(join(fixture.root, "home"), without)).toThrow(
      expect.objectContaining({
        message: `flux/config of ${fixture.root}/home has no Flux Kustomization whose spec.path leads into the tree; that is the one with which Flux begins`,
        todo: "correct spec.path there, or the folder's name",
      }),
    );
  });

  it("says when there is no Kustomization to begin with", () => {
    expect(() => treeRequest(fixture.root, without)).toThrow(
      expect.objectContaining({
        message: `flux/config of ${fixture.root} has no Flux Kustomization whose spec.path leads into the tree; that is the one with which Flux begins`,
      }),
    );
  });

  it("gives variables in clear, and placeholders for those of Secrets", () => {
    const secret =
      "apiVersion: v1\nkind: Secret\nmetadata: {name: cluster-secrets, namespace: flux-system}\n";
    fixture.write({
      [config]: configFile(),
      "cluster/flux/vars/settings.yaml":
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cluster-settings, namespace: flux-system}\n" +
        'data: {TIMEZONE: Europe/Berlin, COUNT: "3", NOTHING: }\n',
      "cluster/flux/vars/secrets.sops.yaml": `${secret}stringData: {DOMAIN: "ENC[AES256_GCM,data:x]"}\nsops: {mac: x}\n`,
      "cluster/flux/vars/secrets.sops.yaml.example": `${secret}stringData: {OLD: old.example}\n`,
      "cluster/flux/vars/more.sops.yaml.example": `${secret.replace("cluster-secrets", "more")}data: {KEY: dmFsdWU=}\n`,
    });
    expect(treeRequest(fixture.tree, without).request.variables).toStrictEqual({
      "ConfigMap/flux-system/cluster-settings": { TIMEZONE: "Europe/Berlin", COUNT: "3", NOTHING: "" },
      "Secret/flux-system/cluster-secrets": { DOMAIN: "..DOMAIN.." },
      "Secret/flux-system/more": { KEY: "..KEY.." },
    });
  });

  for (const [tag, strict] of [
    ["v2.9.4", true],
    ["v2.8.1", false],
    ["latest", true],
  ] as const)
    it(`${strict ? "refuses" : "allows"} undefined variables for Flux ${tag}`, () => {
      fixture.write({ [config]: configFile("./cluster/flux", tag) });
      expect(treeRequest(fixture.tree, without).request.strict).toBe(strict);
    });
});

describe("the definitions for a tree", () => {
  let cache: string;
  const before = process.env["XDG_CACHE_HOME"];
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), "tree-test-"));
    process.env["XDG_CACHE_HOME"] = cache;
  });
  afterEach(() => {
    if (before === undefined) delete process.env["XDG_CACHE_HOME"];
    else process.env["XDG_CACHE_HOME"] = before;
    rmSync(cache, { recursive: true });
  });

  it("are left out while they have not been made, with what makes them", () => {
    expect(definitionsFor("v2.9.1")).toStrictEqual({
      definitions: [],
      kubernetes: "",
      leftOut: [
        "Flux's kinds are not validated: flux-manifests@v2.9.4 is not there; `npm run tools -- flux-manifests@v2.9.4` gets it",
        "Kubernetes' own kinds are not validated: kubernetes-definitions@1.35 is not there;" +
          " `npm run tools -- kubernetes-definitions@1.35` gets it",
      ],
    });
  });

  it("are left out for a Flux of which there are none", () => {
    expect(definitionsFor("v3.0.0").leftOut[0]).toBe(
      'Flux\'s kinds are not validated: there are definitions of v2.9.4, v2.7.3, not of "v3.0.0"',
    );
  });
});
