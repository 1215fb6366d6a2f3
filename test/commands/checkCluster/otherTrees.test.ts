// Trees that look different from ours: no false alarms, and the same faults found.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { checkTree } from "../../../commands/checkCluster/checkTree.ts";

// Kustomizations in their apps' namespaces, which kustomization.yaml gives them; chartRef to OCIRepositories; components
// with variables of each app; the flux-operator's own source; several documents, anchors, lists and empty documents.
const otherStyle = join(import.meta.dirname, "otherStyle");

describe("check:cluster on other trees", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "home-ops-check-"));
    cpSync(otherStyle, root, { recursive: true });
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  const said = async (tree = "."): Promise<readonly string[]> => {
    const { findings } = await checkTree({ tree: join(root, tree), project: root, isBuilt: false });
    return findings.map(({ file, line, rule, message }) => `${file}:${String(line)} ${rule} ${message}`);
  };
  const write = (path: string, content: string | Uint8Array): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  const change = (path: string, from: string, to: string): void => {
    const text = readFileSync(join(root, path), "utf8");
    assert.ok(text.includes(from), `${path} has no ${from}`);
    write(
      path,
      text.replace(from, () => to),
    );
  };
  const apps = "kubernetes/apps/default";

  it("finds nothing wrong with one, from its root and from a folder of it", async () => {
    expect(await said()).toStrictEqual([]);
    expect(await said("kubernetes")).toStrictEqual([]);
  });

  it("finds nothing wrong with files that are none of Flux's business", async () => {
    write("bootstrap/templates.yaml", "{{- range .nodes }}\n- {{ .name }}\n{{- end }}\n");
    write("charts/own/Chart.yaml", "name: own\n");
    write("charts/own/templates/service.yaml", "a: {{ .Values.a }}\n");
    write("ansible/inventory.yaml", "all:\n  hosts: {}\n");
    write("empty.yaml", "");
    write("comment.yaml", "# nothing\n---\n---\n");
    write("list.yaml", "- a\n- b\n");
    expect(await said()).toStrictEqual([]);
  });

  it("looks for a dependency in the namespace that kustomization.yaml gives", async () => {
    change(`${apps}/plex/ks.yaml`, "      namespace: rook-ceph\n", "");
    expect(await said()).toStrictEqual([
      `${apps}/plex/ks.yaml:10 depends-on Kustomization plex depends on Kustomization default/rook-ceph-cluster, but rook-ceph-cluster is in rook-ceph`,
    ]);
  });

  it("knows the variables of each app that a component is used by", async () => {
    change(`${apps}/plex/ks.yaml`, "      VOLSYNC_CAPACITY: 50Gi\n", "");
    expect(await said()).toStrictEqual([
      "kubernetes/components/volsync/pvc.yaml:9 undefined-variable uses ${VOLSYNC_CAPACITY}, which nothing defines",
    ]);
  });

  it("looks for a chart where targetNamespace puts its source", async () => {
    change(`${apps}/echo/ks.yaml`, "  targetNamespace: *namespace\n", "  targetNamespace: other\n");
    change(`${apps}/plex/app/helmrelease.yaml`, "    namespace: flux-system\n", "");
    const messages = await said();
    expect(messages).toStrictEqual([
      `${apps}/plex/app/helmrelease.yaml:8 source-exists HelmRelease plex refers to OCIRepository default/app-template, but app-template is in flux-system`,
      `${apps}/plex/app/helmrelease.yaml:10 depends-on HelmRelease plex depends on HelmRelease default/echo, but echo is in other`,
    ]);
  });

  it("says that a file is no YAML, whatever it is", async () => {
    write(`${apps}/echo/app/helmrelease.yaml`, new Uint8Array([0xff, 0xfe, 0x00, 0x80]));
    write(`${apps}/atuin/db/bomb.yaml`, bomb());
    const messages = await said();
    expect(messages.filter((message) => message.includes(" yaml "))).toStrictEqual([
      `${apps}/atuin/db/bomb.yaml:1 yaml this is no YAML: Excessive alias count indicates a resource exhaustion attack`,
      `${apps}/echo/app/helmrelease.yaml:1 yaml this is no YAML: it is not UTF-8 text`,
    ]);
  });

  it("does not follow links, not even in circles", async () => {
    symlinkSync("..", join(root, apps, "again"));
    symlinkSync("nowhere", join(root, apps, "dangling.yaml"));
    expect(await said()).toStrictEqual([]);
  });

  it("takes a tree for what it is under any other name", async () => {
    cpSync(join(root, "kubernetes"), join(root, "elsewhere", "mine"), { recursive: true });
    expect(await said("elsewhere/mine")).toStrictEqual([]);
    change("elsewhere/mine/apps/default/plex/ks.yaml", "default/plex/app", "default/plex/application");
    expect(await said("elsewhere/mine")).toStrictEqual([
      "kubernetes/apps/default/plex/ks.yaml:13 path-exists Kustomization default/plex has the path ./kubernetes/apps/default/plex/application, which is not there; expected a folder, from the root of the repository",
    ]);
  });

  it("finds nothing in an empty folder", async () => {
    mkdirSync(join(root, "nothing"));
    expect(await said("nothing")).toStrictEqual([]);
  });

  /** Aliases of aliases that would unfold to a billion texts. */
  function bomb(): string {
    const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let level = 1; level < 10; level++)
      lines.push(
        `a${String(level)}: &a${String(level)} [${Array(10)
          .fill(`*a${String(level - 1)}`)
          .join(", ")}]`,
      );
    return lines.join("\n");
  }
});
