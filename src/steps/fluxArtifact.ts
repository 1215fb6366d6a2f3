// Pulls Flux's manifests from their OCI artifact: three HTTP calls (token, manifest, layer), no tool needed.
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { causeOf, StepError } from "./stepError.ts";
import { fileInTar } from "./tarFile.ts";

/** The file in the artifact's only layer. Source: fluxcd/flux2 release workflow (gotk-components.yaml). */
const fileName = "gotk-components.yaml";

interface Manifest {
  readonly layers: readonly { readonly digest: string; readonly mediaType: string }[];
}

/**
 * The text of `gotk-components.yaml` in an artifact.
 *
 * @param url as in the OCIRepository, e.g. `oci://ghcr.io/fluxcd/flux-manifests`
 * @param tag e.g. `v2.9.4`
 * @throws StepError when the registry does not answer, does not have the tag, or the bytes are not those of the digest
 */
export async function pullManifests(url: string, tag: string, signal: AbortSignal): Promise<string> {
  const { host, pathname } = new URL(url.replace(/^oci:/, "https:"));
  const registry = new Registry(host, pathname.slice(1), signal);
  const manifest = JSON.parse(
    (await registry.get(`manifests/${tag}`, "application/vnd.oci.image.manifest.v1+json")).toString("utf8"),
  ) as Manifest;
  const digest = manifest.layers[0]?.digest ?? "";
  const layer = await registry.get(`blobs/${digest}`, "application/octet-stream");
  if (`sha256:${createHash("sha256").update(layer).digest("hex")}` !== digest)
    throw new StepError(`${url}:${tag}: the layer does not have the digest ${digest}`, "run pulumi up again");
  const manifests = fileInTar(gunzipSync(layer), (name) => name.replace(/^\.\//, "") === fileName);
  if (manifests !== undefined) return manifests;
  throw new StepError(
    `${url}:${tag} holds no ${fileName}`,
    "set spec.url in cluster/flux/config/flux.yaml to Flux's own artifact",
  );
}

/** One repository of an OCI registry. Source: OCI distribution spec v1.1, and its token authentication. */
class Registry {
  readonly #host: string;
  readonly #repository: string;
  readonly #signal: AbortSignal;
  #token: string | undefined;

  constructor(host: string, repository: string, signal: AbortSignal) {
    this.#host = host;
    this.#repository = repository;
    this.#signal = signal;
  }

  async get(path: string, accept: string): Promise<Buffer> {
    const response = await this.#fetch(path, accept);
    if (response.status !== 401) return this.#bodyOf(response, path);
    this.#token = await this.#anonymousToken(response.headers.get("www-authenticate") ?? "");
    return this.#bodyOf(await this.#fetch(path, accept), path);
  }

  async #fetch(path: string, accept: string): Promise<Response> {
    const headers = {
      accept,
      ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
    };
    try {
      return await fetch(`https://${this.#host}/v2/${this.#repository}/${path}`, {
        headers,
        signal: AbortSignal.any([this.#signal, AbortSignal.timeout(60_000)]),
      });
    } catch (error) {
      throw new StepError(
        `the registry ${this.#host} does not answer: ${causeOf(error)}`,
        "check the network of this computer, then run pulumi up again",
      );
    }
  }

  async #bodyOf(response: Response, path: string): Promise<Buffer> {
    if (response.ok) return Buffer.from(await response.arrayBuffer());
    throw new StepError(
      `the registry ${this.#host} answers HTTP ${String(response.status)} for ${this.#repository}/${path}`,
      response.status === 404
        ? "set spec.ref.tag in cluster/flux/config/flux.yaml to a released version of Flux"
        : "run pulumi up again when the registry is well",
    );
  }

  /** Registries give anybody a token for public repositories; which address to ask is in the 401. */
  async #anonymousToken(challenge: string): Promise<string> {
    const part = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? "";
    const query = new URLSearchParams({ service: part("service"), scope: part("scope") });
    const response = await fetch(`${part("realm")}?${query.toString()}`, { signal: this.#signal });
    const answer = (await response.json()) as { token?: string; access_token?: string };
    return answer.token ?? answer.access_token ?? "";
  }
}
