// Builds small trees with the real cluster-build.
import { expect } from "@jest/globals";
import assert from "node:assert/strict";
import { runClusterBuild } from "../../commands/tree/buildTree.ts";
import { treeRequest } from "../../commands/tree/request.ts";
import type { BuildAnswer, BuiltKustomization } from "../../commands/tree/types.ts";
import type { TreeObject } from "../../tree/index.ts";
import { ensureTools } from "../../tools/ensureTools.ts";
import { configFile, kustomization, TreeFixture } from "../commands/tree/treeFixture.ts";

/** Texts by file. */
export type Files = Readonly<Record<string, string>>;

/** One tree per test. */
export class ClusterBuilder {
  program = "";
  fixture!: TreeFixture;

  /** Once: gets what is needed. */
  async start(): Promise<void> {
    const keys = ["cluster-build", "flux-manifests@v2.9.4", "kubernetes-definitions@1.35"];
    this.program = (await ensureTools({ keys }))["cluster-build"] ?? "";
  }

  begin(): void {
    this.fixture = new TreeFixture().write({ "cluster/flux/config/cluster.yaml": configFile() });
  }

  end(): void {
    this.fixture.remove();
  }

  /** Builds a tree of these files, relative to the repository. */
  readonly build = (files: Files): Promise<BuildAnswer> =>
    runClusterBuild(this.program, treeRequest(this.fixture.write(files).tree).request);

  /** Builds one app with this spec and these files in its folder, relative to that. */
  readonly buildApp = async (files: Files, spec = ""): Promise<BuiltKustomization> => {
    const inFolder = Object.entries(files).map(([file, text]) => [`cluster/app/${file}`, text]);
    const { kustomizations } = await this.build({
      "cluster/flux/app.yaml": kustomization("app", "./cluster/app", spec),
      ...(Object.fromEntries(inFolder) as Files),
    });
    const app = kustomizations.find(({ name }) => name === "app");
    assert.ok(app);
    return app;
  };
}

/** The only object of a Kustomization without problems. */
export function only({ objects, problems }: BuiltKustomization): TreeObject {
  expect(problems).toStrictEqual([]);
  expect(objects.length).toBe(1);
  return objects[0]?.object as TreeObject;
}

/** Rule, object, file, field and message of each problem. */
export function problemsOf({ problems }: BuiltKustomization): readonly string[] {
  return problems.map(({ rule, object, file, field, message }) =>
    [rule, object, file, field, message].map((part) => part ?? "-").join(" | "),
  );
}
