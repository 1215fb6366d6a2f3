// cluster-build on whole trees. No lab: it is here because the program has to be built.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { runClusterBuild } from "../../commands/tree/buildTree.ts";
import { treeRequest } from "../../commands/tree/request.ts";
import type { BuildAnswer } from "../../commands/tree/types.ts";
import { configMap, kustomization } from "../commands/tree/treeFixture.ts";
import { ClusterBuilder, problemsOf, type Files } from "./clusterBuilder.ts";

const list = (...files: readonly string[]): string => `resources: [${files.join(", ")}]\n`;

const builder = new ClusterBuilder();
beforeAll(() => builder.start());
beforeEach(() => {
  builder.begin();
});
afterEach(() => {
  builder.end();
});

describe("a tree of 300 apps", () => {
  it("takes less than five seconds of processor time, all validated", () => {
    const apps = Array.from({ length: 300 }, (_, index) => `app${String(index)}`);
    const files = apps.flatMap((name) => [
      [`cluster/apps/${name}/ks.yaml`, kustomization(name, `./cluster/apps/${name}/app`, variables)],
      [`cluster/apps/${name}/app/kustomization.yaml`, list("release.yaml", "config.yaml")],
      [`cluster/apps/${name}/app/release.yaml`, helmRelease(name)],
      [`cluster/apps/${name}/app/config.yaml`, configMap(name, '{zone: "${ZONE}"}')],
    ]);
    builder.fixture.write({
      "cluster/flux/apps.yaml": kustomization("apps", "./cluster/apps"),
      "cluster/flux/vars/settings.yaml": configMap("settings", "{ZONE: Berlin}", "flux-system"),
      "cluster/apps/kustomization.yaml": list(...apps.map((name) => `${name}/ks.yaml`)),
      ...(Object.fromEntries(files) as Files),
    });
    const { request } = treeRequest(builder.fixture.tree);
    // Other tests run beside this one, so the clock on the wall says little.
    const { stdout, stderr, status } = spawnSync("sh", ["-c", `"${builder.program}" && times >&2`], {
      input: JSON.stringify(request),
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    assert.equal(status, 0, stderr);
    const { kustomizations } = JSON.parse(stdout) as BuildAnswer;
    expect(kustomizations.length).toBe(303);
    expect(kustomizations.flatMap(({ objects }) => objects).length).toBe(905);
    expect(kustomizations.flatMap(problemsOf)).toStrictEqual([]);
    const [, user = "", system = ""] = /\n(\S+) (\S+)\s*$/.exec(stderr) ?? [];
    assert.ok(seconds(user) + seconds(system) < 5, stderr);
  });

  const variables = "  postBuild: {substituteFrom: [{kind: ConfigMap, name: settings}]}";
  const helmRelease = (name: string): string => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: ${name}, namespace: default}
spec:
  interval: 1h
  chart: {spec: {chart: ${name}, version: 1.2.3, sourceRef: {kind: HelmRepository, name: charts}}}
  values: {zone: "\${ZONE}"}
`;
  /** Of a time such as `0m1.420s`. */
  const seconds = (time: string): number => {
    const [, minutes, rest] = /^(\d+)m([\d.]+)s$/.exec(time) ?? [];
    return Number(minutes) * 60 + Number(rest);
  };
});

describe("the shipped tree", () => {
  it("builds without a problem", async () => {
    const tree = join(import.meta.dirname, "../../cluster");
    const { kustomizations } = await runClusterBuild(builder.program, treeRequest(tree).request);
    expect(kustomizations.flatMap(problemsOf)).toStrictEqual([]);
    expect(kustomizations.length).toBeGreaterThan(5);
    for (const { object, file } of kustomizations.flatMap(({ objects }) => objects)) {
      const path = join(tree, "..", file ?? "");
      const text = readFileSync(path.endsWith(".sops.yaml") ? `${path}.example` : path, "utf8");
      assert.ok(text.includes(`kind: ${object.kind}`), `${object.kind} ${object.metadata.name} of ${path}`);
    }
  });
});
