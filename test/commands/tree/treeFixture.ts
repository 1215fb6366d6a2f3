// A repository with a small tree, written into a folder of its own.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** flux/config of a tree in a folder of the repository. */
export function configFile(path = "./cluster/flux", fluxTag = "v2.9.4"): string {
  return `apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: flux-manifests, namespace: flux-system}
spec: {interval: 10m, url: oci://ghcr.io/fluxcd/flux-manifests, ref: {tag: ${fluxTag}}}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: flux, namespace: flux-system}
spec: {interval: 10m, path: ./, prune: true, sourceRef: {kind: OCIRepository, name: flux-manifests}}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: cluster, namespace: flux-system}
spec: {interval: 1h, path: ${path}, prune: true, sourceRef: {kind: GitRepository, name: home-cluster}}
`;
}

/** A Flux Kustomization; `more` is added to its spec. */
export function kustomization(name: string, path: string, more = ""): string {
  return `---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: ${name}, namespace: flux-system}
spec:
  interval: 1h
  path: ${path}
  prune: true
  sourceRef: {kind: GitRepository, name: home-cluster}
${more}
`;
}

/** A ConfigMap. */
export function configMap(name: string, data: string, namespace = "default"): string {
  return `---
apiVersion: v1
kind: ConfigMap
metadata: {name: ${name}, namespace: ${namespace}}
data: ${data}
`;
}

/** The folder; `cluster` in it is the tree. */
export class TreeFixture {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), "tree-test-")));
  readonly tree = join(this.root, "cluster");

  /** Writes files, relative to the repository. */
  write(files: Readonly<Record<string, string>>): this {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.root, file)), { recursive: true });
      writeFileSync(join(this.root, file), text);
    }
    return this;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
