// Pulls Flux's manifests from their OCI artifact: three HTTP calls (token, manifest, layer), no tool needed.
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { parseAllDocuments } from "yaml";
import type { KubeObject } from "./kubernetes.ts";
import { causeOf, StepError } from "./stepError.ts";
import { fileInTar } from "./tarFile.ts";

/** The file in the artifact's only layer. Source: fluxcd/flux2 release workflow (gotk-components.yaml). */
const fileName = "gotk-components.yaml";

/** The objects of its text. */
export function objectsIn(manifests: string): readonly KubeObject[] {
  return parseAllDocuments(manifests).map((document) => document.toJS() as KubeObject);
}

/**
 * The text of `gotk-components.yaml` in an artifact.
 * @param url as in the OCIRepository, e.g. `oci://ghcr.io/fluxcd/flux-manifests`
 * @param tag e.g. `v2.9.4`
 * @throws StepError when the registry does not answer, does not have the tag, or the bytes are not those of the digest
 */
export async function pullManifests(url: string, tag: string, signal: AbortSignal): Promise<string> {
  const get = repositoryAt(new URL(url.replace(/^oci:/, "https:")), signal);
  const manifest = await get(`manifests/${tag}`, "application/vnd.oci.image.manifest.v1+json");
  const { layers } = JSON.parse(manifest.toString()) as { readonly layers: readonly { digest: string }[] };
  const digest = layers[0]?.digest ?? "";
  const layer = await get(`blobs/${digest}`, "application/octet-stream");
  if (`sha256:${createHash("sha256").update(layer).digest("hex")}` !== digest)
    throw new StepError(`${url}:${tag}: the layer does not have the digest ${digest}`, "run pulumi up again");
  const manifests = fileInTar(gunzipSync(layer), (name) => name.replace(/^\.\//, "") === fileName);
  if (manifests !== undefined) return manifests;
  throw new StepError(
    `${url}:${tag} holds no ${fileName}`,
    "set spec.url in cluster/flux/config/flux.yaml to Flux's own artifact",
  );
}

/** Reads from one repository of an OCI registry. Source: OCI distribution spec v1.1, and its token authentication. */
function repositoryAt(
  { host, pathname }: URL,
  signal: AbortSignal,
): (path: string, accept: string) => Promise<Buffer> {
  let authorization: string | undefined;
  const ask = async (path: string, accept: string): Promise<Response> =>
    fetch(`https://${host}/v2${pathname}/${path}`, {
      headers: { accept, ...(authorization === undefined ? {} : { authorization }) },
      signal: AbortSignal.any([signal, AbortSignal.timeout(60_000)]),
    }).catch((error: unknown) => {
      throw new StepError(
        `the registry ${host} does not answer: ${causeOf(error)}`,
        "check the network of this computer, then run pulumi up again",
      );
    });
  return async (path, accept) => {
    let response = await ask(path, accept);
    if (response.status === 401) {
      authorization = await anonymousToken(response.headers.get("www-authenticate") ?? "", signal);
      response = await ask(path, accept);
    }
    if (response.ok) return Buffer.from(await response.arrayBuffer());
    throw new StepError(
      `the registry ${host} answers HTTP ${response.status} for ${pathname.slice(1)}/${path}`,
      response.status === 404
        ? "set spec.ref.tag in cluster/flux/config/flux.yaml to a released version of Flux"
        : "run pulumi up again when the registry is well",
    );
  };
}

/** Registries give anybody a token for public repositories; which address to ask is in the 401. */
async function anonymousToken(challenge: string, signal: AbortSignal): Promise<string> {
  const part = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? "";
  const query = new URLSearchParams({ service: part("service"), scope: part("scope") });
  const response = await fetch(`${part("realm")}?${query.toString()}`, { signal });
  const answer = (await response.json()) as { token?: string; access_token?: string };
  return `Bearer ${answer.token ?? answer.access_token ?? ""}`;
}
