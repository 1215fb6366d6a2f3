// Puts an OCI artifact into the lab's registry, under the name that it has on the Internet.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Registry } from "./registry.ts";

/**
 * Path of a public repository in the lab's registry. One registry stands for all hosts, so the host is part of the
 * path: `ghcr.io/fluxcd/flux-manifests` stays what it is.
 */
export function repositoryOf(host: string, repository: string): string {
  return `${host}/${repository}`;
}

/**
 * Pushes an OCI image layout with the real crane.
 * @param layout folder with `index.json`, `oci-layout` and `blobs/`
 * @param name public name with tag, e.g. `ghcr.io/fluxcd/flux-manifests:v2.9.4`
 */
export async function publishLayout(
  registry: Pick<Registry, "host">,
  crane: string,
  layout: string,
  name: string,
): Promise<void> {
  // An empty configuration: crane would otherwise ask the user's credential helpers.
  const configuration = await mkdtemp(join(tmpdir(), "lab-crane-"));
  try {
    await new Promise<void>((resolve, reject) => {
      const words = ["push", "--insecure", layout, `${registry.host}/${name}`];
      const env = { PATH: process.env["PATH"], DOCKER_CONFIG: configuration };
      execFile(crane, words, { env }, (error, _out, complaint) => {
        if (error === null) resolve();
        else
          reject(
            new Error(`crane push of ${layout} as ${name} failed: ${complaint.trim() || error.message}`),
          );
      });
    });
  } finally {
    await rm(configuration, { recursive: true, force: true });
  }
}
