import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";

const command = join(import.meta.dirname, "..", "..", "commands", "migrateFlux.ts");

const old = `# A comment
apiVersion: "helm.toolkit.fluxcd.io/v2beta2" # here too
kind: HelmRelease
metadata:
  name: podinfo
spec:
  chart: {spec: {sourceRef: {kind: HelmRepository, name: podinfo}}}
---
kind: Alert
metadata:   {name: on-call}
apiVersion: notification.toolkit.fluxcd.io/v1beta2
`;

describe("npm run migrate:flux", () => {
  let tree: string;
  beforeEach(() => {
    tree = join(mkdtempSync(join(tmpdir(), "home-ops-migrate-")), "cluster");
    mkdirSync(join(tree, "apps"), { recursive: true });
    writeFileSync(join(tree, "apps", "old.yaml"), old);
    writeFileSync(join(tree, "apps", "new.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n");
  });
  afterEach(() => {
    rmSync(join(tree, ".."), { recursive: true });
  });

  const run = (...args: readonly string[]): { code: number | null; output: string } => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], { encoding: "utf8" });
    return { code: status, output: stdout + stderr };
  };
  const text = (): string => readFileSync(join(tree, "apps", "old.yaml"), "utf8");

  it("shows what it would change, and changes nothing", () => {
    const { code, output } = run(tree);
    expect(code).toBe(1);
    const file = join(tree, "apps", "old.yaml");
    expect(output).toBe(`--- ${file}
+++ ${file}
@@ line 2: HelmRelease podinfo, removed in Flux 2.8
-apiVersion: helm.toolkit.fluxcd.io/v2beta2
+apiVersion: helm.toolkit.fluxcd.io/v2
@@ line 11: Alert on-call, removed in Flux 2.9
-apiVersion: notification.toolkit.fluxcd.io/v1beta2
+apiVersion: notification.toolkit.fluxcd.io/v1beta3
2 objects in 1 file to change; npm run migrate:flux -- --write makes these changes
`);
    expect(text()).toBe(old);
  });

  it("changes the versions and nothing else when it is asked to", () => {
    expect(run("--write", tree).code).toBe(0);
    expect(text()).toBe(
      old
        .replace('"helm.toolkit.fluxcd.io/v2beta2"', "helm.toolkit.fluxcd.io/v2")
        .replace("notification.toolkit.fluxcd.io/v1beta2", "notification.toolkit.fluxcd.io/v1beta3"),
    );
    const again = run(tree);
    expect(again.code).toBe(0);
    expect(again.output).toMatch(/all API versions of Flux are current/);
  });

  it("names a folder that is not there, and an option that does not exist", () => {
    expect(run(join(tree, "nothing"))).toStrictEqual({
      code: 2,
      output: `${join(tree, "nothing")} is not there\n  → name the folder of the Git tree, e.g. cluster\n`,
    });
    expect(run("--all", tree)).toStrictEqual({
      code: 2,
      output: "Unknown option '--all'; see npm run migrate:flux -- --help\n",
    });
  });
});
