// An OCI image layout with Flux's manifests as its one layer, the form in which `flux push artifact` publishes them.
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";

/** The file in the layer. */
const manifestsFile = "gotk-components.yaml";

const types = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.cncf.flux.config.v1+json",
  layer: "application/vnd.cncf.flux.content.v1.tar+gzip",
};

/** The same for everybody, so that the same manifests are the same artifact. */
const timeZero = "1970-01-01T00:00:00Z";

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/**
 * Writes the layout (`index.json`, `oci-layout`, `blobs/`) and beside it, for people, the manifests and the layer.
 * @param tag of the artifact, e.g. `v2.9.4`
 */
export async function writeArtifact(folder: string, tag: string, manifests: string): Promise<void> {
  const tar = await tarOf(manifests);
  const layer = gzipSync(tar, { level: 9 });
  const blobs = join(folder, "blobs", "sha256");
  mkdirSync(blobs, { recursive: true });
  const put = (mediaType: string, bytes: Buffer): Descriptor => {
    const hex = sha("sha256", bytes);
    writeFileSync(join(blobs, hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  const config = put(
    types.config,
    json({
      architecture: "",
      config: {},
      created: timeZero,
      history: [],
      os: "",
      rootfs: { diff_ids: [`sha256:${sha("sha256", tar)}`], type: "layers" },
    }),
  );
  const manifest = put(
    types.manifest,
    json({
      schemaVersion: 2,
      mediaType: types.manifest,
      config,
      layers: [put(types.layer, layer)],
      annotations: {
        "org.opencontainers.image.created": timeZero,
        "org.opencontainers.image.revision": `${tag}@sha1:${sha("sha1", Buffer.from(manifests))}`,
        "org.opencontainers.image.source": "https://github.com/fluxcd/flux2",
      },
    }),
  );
  const named = { ...manifest, annotations: { "org.opencontainers.image.ref.name": tag } };
  writeFileSync(join(folder, manifestsFile), manifests);
  writeFileSync(join(folder, "layer.tar.gz"), layer);
  writeFileSync(join(folder, "oci-layout"), json({ imageLayoutVersion: "1.0.0" }));
  writeFileSync(
    join(folder, "index.json"),
    json({ schemaVersion: 2, mediaType: types.index, manifests: [named] }),
  );
}

async function tarOf(manifests: string): Promise<Buffer> {
  const tar = pack();
  tar.entry({ name: manifestsFile, mode: 0o644, mtime: new Date(0) }, manifests);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function sha(algorithm: "sha1" | "sha256", bytes: Buffer): string {
  return createHash(algorithm).update(bytes).digest("hex");
}
