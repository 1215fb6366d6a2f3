// The lab's Image Factory (factory.talos.dev): schematics and their ids, the list of versions and extensions, and the
// installer images as a registry shows them. Source: siderolabs/image-factory README.md.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { readBody, send, sendJson, sendText, type Handler } from "../proxy/http.ts";
import { installerImage } from "./images.ts";
import { canonical, vanillaSchematic } from "./schematics.ts";

/** What {@link openFactory} needs. */
export interface FactoryOptions {
  /** Folder of the schematics that were posted. */
  readonly root: string;
  /** Talos versions that there are, oldest first, e.g. `["v1.11.6", "v1.12.0"]`. */
  readonly versions: readonly string[];
  /** Ids that somebody posted before the lab began, of which only the id is known. Default: none. */
  readonly schematics?: readonly string[];
}

/** The Factory. */
export interface Factory {
  /** Answers for factory.talos.dev. */
  readonly handler: Handler;
  /** Whether an installer image exists, e.g. `factory.talos.dev/metal-installer/<id>:v1.12.0`. */
  hasInstaller(image: string): boolean;
}

/** Names of the installer repositories. Source: image-factory, `<platform>-installer[-secureboot]` and the old `installer`. */
const installerRepository = /^(?:[a-z0-9]+-)?installer(?:-secureboot)?$/;

/** Extensions that homes often name; digests are made up. */
const extensions = [
  ["siderolabs/amd-ucode", "AMD microcode"],
  ["siderolabs/gvisor", "gVisor container runtime"],
  ["siderolabs/i915", "Intel graphics firmware"],
  ["siderolabs/intel-ucode", "Intel microcode"],
  ["siderolabs/iscsi-tools", "iSCSI tools"],
  ["siderolabs/qemu-guest-agent", "QEMU guest agent"],
  ["siderolabs/tailscale", "Tailscale"],
  ["siderolabs/util-linux-tools", "Utilities of util-linux"],
] as const;

/** Opens the Factory with what was posted to it before. */
export function openFactory(options: FactoryOptions): Factory {
  const folder = join(options.root, "schematics");
  mkdirSync(folder, { recursive: true });
  const known = new Map<string, string>([[vanillaSchematic.id, vanillaSchematic.text]]);
  for (const id of options.schematics ?? []) known.set(id, known.get(id) ?? "");
  for (const file of readdirSync(folder))
    known.set(file.replace(/\.yaml$/, ""), readFileSync(join(folder, file), "utf8"));

  const hasVersion = (version: string): boolean => options.versions.includes(version);
  const post = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const { id, text } = canonical((await readBody(request, 1024 * 1024)).toString("utf8"));
      if (!known.has(id)) writeFileSync(join(folder, `${id}.yaml`), text);
      known.set(id, text);
      sendJson(response, 201, { id });
    } catch (error) {
      sendText(response, 400, `yaml: unmarshal errors:\n  ${(error as Error).message}\n`);
    }
  };

  return {
    hasInstaller: (image) => {
      const [, repository, id, version] =
        /^factory\.talos\.dev\/([^/]+)\/([0-9a-f]{64}):(\S+)$/.exec(image) ?? [];
      return (
        repository !== undefined &&
        installerRepository.test(repository) &&
        known.has(id ?? "") &&
        hasVersion(version ?? "")
      );
    },
    handler: async (request, response) => {
      const { pathname } = new URL(request.url ?? "/", "https://factory.talos.dev");
      const [first, second, third, fourth] = pathname.split("/").filter((part) => part !== "");
      if (first === "schematics" && second === undefined && request.method === "POST")
        return post(request, response);
      if (first === "v2") answerRegistry(pathname, response, known, options.versions);
      else if (request.method !== "GET" && request.method !== "HEAD")
        sendText(response, 405, "Method Not Allowed\n");
      else if (first === "schematics" && second !== undefined) {
        const text = known.get(second);
        if (text === undefined || text === "")
          sendText(response, 404, `schematic ID "${second}" not found\n`);
        else send(response, 200, "application/yaml", Buffer.from(text));
      } else if (first === "versions") sendJson(response, 200, options.versions);
      else if (
        first === "version" &&
        second !== undefined &&
        fourth === "official" &&
        hasVersion(versionOf(second))
      ) {
        const version = versionOf(second);
        const list = extensions.map(([name, description]) => ({
          name,
          ref: `ghcr.io/${name}:${version}`,
          digest: installerImage(name, version).index.digest,
          author: "Sidero Labs",
          description,
        }));
        if (third === "extensions") sendJson(response, 200, list);
        else if (third === "overlays") sendJson(response, 200, []);
        else sendText(response, 404, "Not Found\n");
      } else if (first === "healthz") sendText(response, 200, "");
      else sendText(response, 404, "Not Found\n");
    },
  };
}

/** The Factory takes versions with and without `v`. */
function versionOf(text: string): string {
  return text.startsWith("v") ? text : `v${text}`;
}

function answerRegistry(
  path: string,
  response: ServerResponse,
  known: ReadonlyMap<string, string>,
  versions: readonly string[],
): void {
  const refuse = (code: string, message: string): void => {
    sendJson(response, 404, { errors: [{ code, message }] });
  };
  if (/^\/v2\/?$/.test(path)) {
    sendJson(response, 200, {});
    return;
  }
  const [, repository, id, kind, reference] =
    /^\/v2\/([^/]+)\/([0-9a-f]{64})\/(manifests|blobs)\/([^/]+)$/.exec(path) ?? [];
  if (
    repository === undefined ||
    id === undefined ||
    reference === undefined ||
    !installerRepository.test(repository) ||
    !known.has(id)
  ) {
    refuse("NAME_UNKNOWN", "repository name not known to registry");
    return;
  }
  const images = versions.map((version) => installerImage(id, version));
  const found = reference.startsWith("sha256:")
    ? images.map(({ contents }) => contents.get(reference)).find((content) => content !== undefined)
    : images[versions.indexOf(reference)]?.index;
  if (found === undefined) {
    if (kind === "blobs") refuse("BLOB_UNKNOWN", "blob unknown to registry");
    else refuse("MANIFEST_UNKNOWN", "manifest unknown");
    return;
  }
  send(response, 200, found.mediaType, found.bytes, { "docker-content-digest": found.digest });
}
