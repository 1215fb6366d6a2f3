import type { ProviderDefinition } from "../shared/provider.ts";
import { stringOf } from "../shared/values.ts";
import { bootstrap } from "./bootstrap.ts";
import { configurationApply } from "./configurationApply.ts";
import { getClientConfiguration, getMachineConfiguration } from "./functions.ts";
import { defaultFactoryUrl, imageFactory } from "./imageFactory.ts";
import { kubeconfig } from "./kubeconfig.ts";
import { secrets } from "./secrets.ts";
import { disposeTalosctl } from "./talosctl.ts";

let factoryUrl = defaultFactoryUrl;
const factory = imageFactory(() => factoryUrl);

/** Stand-in for pulumi-talos v0.8.1 (terraform-provider-talos v0.11.0). */
export const definition: ProviderDefinition = {
  name: "talos",
  version: "0.8.1",
  description: "Stand-in for the Talos provider.",
  bridge: "framework",
  config: {
    imageFactoryUrl: { type: "string", description: `The image factory. Default ${defaultFactoryUrl}` },
  },
  resources: {
    "talos:machine/secrets:Secrets": secrets,
    "talos:machine/configurationApply:ConfigurationApply": configurationApply,
    "talos:machine/bootstrap:Bootstrap": bootstrap,
    "talos:cluster/kubeconfig:Kubeconfig": kubeconfig,
    "talos:imageFactory/schematic:Schematic": factory.schematic,
  },
  functions: {
    "talos:machine/getConfiguration:getConfiguration": getMachineConfiguration,
    "talos:client/getConfiguration:getConfiguration": getClientConfiguration,
    "talos:imageFactory/getUrls:getUrls": factory.getUrls,
  },
  async configure(config) {
    factoryUrl = stringOf(config["imageFactoryUrl"]) || defaultFactoryUrl;
  },
  dispose: disposeTalosctl,
};
