// The image factory: `talos:imageFactory/schematic:Schematic` asks it, `talos:imageFactory/getUrls:getUrls` only writes
// names of what it would serve.
import { parse, stringify } from "yaml";
import type { FunctionDefinition, Operation, ResourceDefinition } from "../shared/provider.ts";
import type { Properties, Value } from "../shared/values.ts";
import { stringOf } from "../shared/values.ts";

/** Where the factory is when the provider's configuration does not say. */
export const defaultFactoryUrl = "https://factory.talos.dev";

/** Resource and function for a factory. @param factoryUrl asked on each use, since it comes with the configuration */
export function imageFactory(factoryUrl: () => string): {
  readonly schematic: ResourceDefinition;
  readonly getUrls: FunctionDefinition;
} {
  const post = async (planned: Properties, operation: Operation, verb: string): Promise<string> => {
    let body: string;
    try {
      // An empty schematic is vanilla Talos; the factory's id of it is the hash of exactly this text.
      body = stringify((parse(stringOf(planned["schematic"]) ?? "") as unknown) ?? { customization: {} });
    } catch (error) {
      throw new Error(`failed to unmarshal schematic: ${(error as Error).message}`, { cause: error });
    }
    const url = `${factoryUrl().replace(/\/$/, "")}/schematics`;
    const response = await fetch(url, { method: "POST", body, signal: operation.signal }).catch(
      (error: unknown) => {
        const cause =
          error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
        throw new Error(`failed to ${verb} schematic: Post "${url}": ${cause}`, { cause: error });
      },
    );
    const text = await response.text();
    if (!response.ok) throw new Error(`failed to ${verb} schematic: HTTP ${response.status}: ${text.trim()}`);
    return (JSON.parse(text) as { id: string }).id;
  };
  return {
    schematic: {
      description: "A schematic of a Talos image at the image factory.",
      inputs: { schematic: { type: "string", description: "The schematic as YAML. Default: vanilla Talos" } },
      requiredInputs: [],
      outputs: {},
      requiredOutputs: [],
      plan: async ({ inputs }) => inputs,
      create: async (planned, operation) => ({
        id: await post(planned, operation, "create"),
        outputs: planned,
      }),
      update: async (_id, _olds, planned, operation) => {
        await post(planned, operation, "update");
        return planned;
      },
    },
    getUrls: {
      description: "Names of what the image factory serves for a schematic and a version; asks nobody.",
      inputs: {
        talosVersion: { type: "string", description: "Talos version, e.g. v1.12.0" },
        schematicId: { type: "string", description: "The schematic's id, 64 hex digits" },
        platform: {
          type: "string",
          values: ["metal"],
          description: "The platform; the stand-in knows metal only. Exactly one of platform and sbc",
        },
        sbc: { type: "string", description: "A single-board computer, e.g. rpi_generic" },
        architecture: { type: "string", values: ["amd64", "arm64"], description: "Default amd64" },
      },
      requiredInputs: ["schematicId", "talosVersion"],
      outputs: {
        id: { type: "string", description: "" },
        urls: { type: "map", items: { type: "string", description: "" }, description: "Names by kind" },
      },
      validate: (inputs) =>
        (stringOf(inputs["platform"]) === undefined) === (stringOf(inputs["sbc"]) === undefined)
          ? [{ property: "platform", reason: "exactly one of platform and sbc must be specified" }]
          : [],
      invoke: async (inputs) => ({ ...inputs, id: "", ...urls(inputs, factoryUrl().replace(/\/$/, "")) }),
    },
  };
}

function urls(inputs: Properties, base: string): { architecture: string; urls: Record<string, Value> } {
  const architecture = stringOf(inputs["architecture"]) ?? "amd64";
  const version = `v${String(inputs["talosVersion"]).replace(/^v/, "")}`;
  const id = String(inputs["schematicId"]);
  const { host, protocol } = new URL(base);
  const image = (file: string): string => `${base}/image/${id}/${version}/${file}`;
  const installer = `${host}/metal-installer/${id}:${version}`;
  if (stringOf(inputs["platform"]) === undefined)
    return { architecture, urls: { installer, diskImage: image("metal-arm64.raw.xz") } };
  return {
    architecture,
    urls: {
      installer,
      installerSecureboot: `${host}/metal-installer-secureboot/${id}:${version}`,
      iso: image(`metal-${architecture}.iso`),
      isoSecureboot: image(`metal-${architecture}-secureboot.iso`),
      diskImage: image(`metal-${architecture}.raw.zst`),
      diskImageSecureboot: image(`metal-${architecture}-secureboot.raw.zst`),
      pxe: `${protocol}//pxe.${host}/pxe/${id}/${version}/metal-${architecture}`,
      kernel: image(`kernel-${architecture}`),
      kernelCommandLine: image(`cmdline-metal-${architecture}`),
      initramfs: image(`initramfs-${architecture}.xz`),
      uki: image(`metal-${architecture}-secureboot-uki.efi`),
    },
  };
}
