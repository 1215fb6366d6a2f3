import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { ownRecipes } from "../../tools/moduleVersion.ts";
import { groups, labTools, madeKeys, programOf } from "../../tools/programs.ts";

describe("the table of programs", () => {
  const all = groups.flatMap(({ programs }) => programs);

  it("has each toolbox key once", () => {
    expect(new Set(all.map(({ key }) => key)).size).toBe(all.length);
  });

  it("holds everything that a lab needs", () => {
    for (const key of labTools)
      assert.ok(programOf(key) !== undefined || madeKeys.some((made) => made === key), key);
  });

  for (const group of groups)
    it(`names the tools of the recipe ${group.name}`, () => {
      const folder = join(ownRecipes, group.name);
      expect(existsSync(join(folder, "go.sum"))).toBeTruthy();
      const module_ = readFileSync(join(folder, "go.mod"), "utf8");
      for (const { package: name, key } of group.programs)
        assert.ok(name === "." ? existsSync(join(folder, "main.go")) : module_.includes(name), key);
    });

  it("builds a tree with the modules of the controllers", () => {
    const versions = (group: string): ReadonlyMap<string, string> => {
      const text = readFileSync(join(ownRecipes, group, "go.mod"), "utf8");
      return new Map(
        [...text.matchAll(/^\t(\S+(?: => \S+)?) (v\S+)/gm)].map(([, name = "", version = ""]) => [
          name,
          version,
        ]),
      );
    };
    const controllers = versions("flux-2.9");
    const shared = [...versions("cluster-build")].filter(([name]) => controllers.has(name));
    expect(shared.some(([name]) => name === "github.com/fluxcd/pkg/kustomize")).toBeTruthy();
    for (const [name, version] of shared) assert.equal(version, controllers.get(name), name);
  });

  it("probes for the versions that the recipes build", () => {
    const versions: Readonly<Record<string, string>> = {
      crane: "github.com/google/go-containerregistry",
      "age-keygen": "filippo.io/age",
      etcd: "go.etcd.io/etcd/server/v3",
      etcdctl: "go.etcd.io/etcd/etcdctl/v3",
      etcdutl: "go.etcd.io/etcd/etcdutl/v3",
      talosctl: "github.com/siderolabs/talos",
      kwok: "sigs.k8s.io/kwok",
      kubectl: "k8s.io/kubernetes",
      "kube-apiserver@1.35": "k8s.io/kubernetes",
      sops: "github.com/getsops/sops/v3",
      pulumi: "github.com/pulumi/pulumi/pkg/v3",
    };
    for (const [key, module_] of Object.entries(versions)) {
      const found = programOf(key);
      const text = readFileSync(join(ownRecipes, found?.group.name ?? "", "go.mod"), "utf8");
      assert.ok(text.includes(`${module_} v${found?.program.probe?.version ?? "?"}`), key);
    }
  });
});
