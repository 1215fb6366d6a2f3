import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { pullManifests } from "../../src/steps/fluxArtifact.ts";

async function layerWith(file: string, text: string): Promise<Buffer> {
  const tar = pack();
  tar.entry({ name: "README.md" }, "other");
  tar.entry({ name: file }, text);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

/** A registry that wants a token first, as ghcr.io does. */
function registry(layer: Buffer, digest: string): typeof fetch {
  return async (input: string | URL | Request, init?: RequestInit) => {
    await Promise.resolve();
    const url = String(input instanceof Request ? input.url : input);
    if (url.startsWith("https://ghcr.io/token")) return Response.json({ token: "t0" });
    if (new Headers(init?.headers).get("authorization") !== "Bearer t0")
      return new Response("", {
        status: 401,
        headers: {
          "www-authenticate":
            'Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:a:pull"',
        },
      });
    if (url.endsWith("/manifests/v2.9.4")) return Response.json({ layers: [{ digest, mediaType: "x" }] });
    if (url.endsWith(`/blobs/${digest}`)) return new Response(new Uint8Array(layer));
    return new Response("", { status: 404 });
  };
}

const url = "oci://ghcr.io/fluxcd/flux-manifests";
const signal = new AbortController().signal;

describe("pullManifests", () => {
  let layer: Buffer;
  let digest: string;
  beforeEach(async () => {
    layer = await layerWith("./gotk-components.yaml", "kind: Namespace\n");
    digest = `sha256:${createHash("sha256").update(layer).digest("hex")}`;
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it("gets a token, the manifest and the layer, and reads the file", async () => {
    jest.spyOn(globalThis, "fetch").mockImplementation(registry(layer, digest));
    expect(await pullManifests(url, "v2.9.4", signal)).toBe("kind: Namespace\n");
  });

  it("refuses bytes that do not have the manifest's digest", async () => {
    const wrong = `sha256:${"0".repeat(64)}`;
    jest.spyOn(globalThis, "fetch").mockImplementation(registry(layer, wrong));
    await expect(pullManifests(url, "v2.9.4", signal)).rejects.toMatchObject({
      message: `${url}:v2.9.4: the layer does not have the digest ${wrong}`,
    });
  });

  it("names a tag that the registry does not have, and where to fix it", async () => {
    jest.spyOn(globalThis, "fetch").mockImplementation(registry(layer, digest));
    await expect(pullManifests(url, "v9.9.9", signal)).rejects.toMatchObject({
      message: "the registry ghcr.io answers HTTP 404 for fluxcd/flux-manifests/manifests/v9.9.9",
      todo: "set spec.ref.tag in cluster/flux/config/flux.yaml to a released version of Flux",
    });
  });
});
