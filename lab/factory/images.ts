// What the Factory's OCI side answers for an installer image: an index for two architectures whose manifests have one
// tiny layer. Nobody in the lab boots it; what matters is whether a reference exists, and its digests.
import { createHash } from "node:crypto";

/** A blob or manifest with its media type. */
export interface Content {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** The image of a schematic and version: its index, and everything that the index leads to, by digest. */
export function installerImage(
  schematic: string,
  version: string,
): { index: Content; contents: ReadonlyMap<string, Content> } {
  const contents = new Map<string, Content>();
  const add = (mediaType: string, bytes: Buffer): Content => {
    const content = {
      mediaType,
      bytes,
      digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}`,
    };
    contents.set(content.digest, content);
    return content;
  };
  const json = (mediaType: string, value: unknown): Content =>
    add(mediaType, Buffer.from(JSON.stringify(value)));
  const refer = ({ mediaType, digest, bytes }: Content) => ({ mediaType, digest, size: bytes.length });

  const layer = add("application/vnd.oci.image.layer.v1.tar", Buffer.alloc(1024));
  const manifests = ["amd64", "arm64"].map((architecture) => {
    const config = json("application/vnd.oci.image.config.v1+json", {
      architecture,
      os: "linux",
      config: { Labels: { "lab.schematic": schematic, "lab.version": version } },
      rootfs: { type: "layers", diff_ids: [layer.digest] },
    });
    const manifest = json("application/vnd.oci.image.manifest.v1+json", {
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: refer(config),
      layers: [refer(layer)],
    });
    return { ...refer(manifest), platform: { architecture, os: "linux" } };
  });
  const index = json("application/vnd.oci.image.index.v1+json", {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests,
  });
  return { index, contents };
}
