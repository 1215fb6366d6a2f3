// The functions of the Talos provider that only compute: machine config, talosconfig, image factory URLs.
import { stringify } from "yaml";
import type { FunctionDefinition } from "../shared/provider.ts";
import type { Properties, Value } from "../shared/values.ts";
import { isObject, stringOf } from "../shared/values.ts";
import { secretsYamlOf } from "./bundle.ts";
import { clientConfigurationSpec, configPatchesSpec, machineSecretsSpec, textsOf } from "./specs.ts";
import { generateConfig, talosctlContract } from "./talosctl.ts";
import { patchReason } from "./patchError.ts";
import { contractProblem } from "./versions.ts";

/** @throws Error in the provider's words */
function requireEndpoint(value: Value | undefined): void {
  const text = stringOf(value);
  if (text === undefined) return;
  const refuse = (what: string, fix: string): never => {
    throw new Error(`cluster_endpoint is invalid: ${what}\ntry: "${fix}"`);
  };
  if (!text.includes("://")) {
    const port = /:\d+$/.test(text);
    refuse(
      `no scheme${port ? "" : " and port"} specified for the cluster endpoint URL`,
      `https://${text}${port ? "" : ":6443"}`,
    );
  } else if (!text.startsWith("https://"))
    refuse(
      "the control plane endpoint URL should have scheme https://",
      text.replace(/^\w+:\/\//, "https://"),
    );
}

/** `talos:machine/getConfiguration:getConfiguration`. */
export const getMachineConfiguration: FunctionDefinition = {
  description: "Generate a machine configuration for a node type",
  inputs: {
    clusterName: { type: "string", description: "The name of the talos kubernetes cluster" },
    clusterEndpoint: {
      type: "string",
      description: "URL of the Kubernetes API, e.g. https://192.0.2.10:6443",
    },
    machineType: { type: "string", values: ["controlplane", "worker"], description: "The type of machine" },
    machineSecrets: machineSecretsSpec,
    configPatches: configPatchesSpec,
    kubernetesVersion: { type: "string", description: "The version of kubernetes to use" },
    talosVersion: { type: "string", description: "The config contract, e.g. v1.12" },
    docs: { type: "boolean", description: "Whether to write documentation into it. Default false" },
    examples: { type: "boolean", description: "Whether to write examples into it. Default false" },
  },
  requiredInputs: ["clusterEndpoint", "clusterName", "machineSecrets", "machineType"],
  outputs: {
    id: { type: "string", description: "The cluster's name" },
    machineConfiguration: {
      type: "string",
      secret: true,
      description: "The generated machine configuration",
    },
  },
  validate(inputs) {
    requireEndpoint(inputs["clusterEndpoint"]);
    return [
      ...(inputs["clusterName"] === ""
        ? [{ property: "clusterName", reason: "string length must be at least 1, got: 0" }]
        : []),
      ...contractProblem("talosVersion", inputs["talosVersion"]),
    ];
  },
  async invoke(inputs, operation) {
    const talosVersion = stringOf(inputs["talosVersion"]) ?? (await talosctlContract(operation.signal));
    const machineConfiguration = await generateConfig(
      {
        clusterName: String(inputs["clusterName"]),
        clusterEndpoint: String(inputs["clusterEndpoint"]),
        secrets: secretsYamlOf(inputs["machineSecrets"]),
        output: inputs["machineType"] === "controlplane" ? "controlplane" : "worker",
        kubernetesVersion: stringOf(inputs["kubernetesVersion"])?.replace(/^v/, ""),
        talosVersion,
        docs: inputs["docs"] === true,
        examples: inputs["examples"] === true,
        patches: textsOf(inputs["configPatches"]),
      },
      operation.signal,
    ).catch((error: unknown) => {
      throw new Error(`config_patches are invalid: ${patchReason(error)}`, { cause: error });
    });
    return { ...inputs, talosVersion, id: inputs["clusterName"] as Value, machineConfiguration };
  },
};

/** `talos:client/getConfiguration:getConfiguration`. */
export const getClientConfiguration: FunctionDefinition = {
  description: "Generate client configuration for a Talos cluster",
  inputs: {
    clusterName: { type: "string", description: "The name of the cluster in the generated config" },
    clientConfiguration: clientConfigurationSpec,
    endpoints: {
      type: "array",
      items: { type: "string", description: "" },
      description: "endpoints of the context",
    },
    nodes: { type: "array", items: { type: "string", description: "" }, description: "nodes of the context" },
  },
  requiredInputs: ["clientConfiguration", "clusterName"],
  outputs: {
    id: { type: "string", description: "The cluster's name" },
    talosConfig: { type: "string", secret: true, description: "The generated client configuration" },
  },
  async invoke(inputs) {
    const name = String(inputs["clusterName"]);
    const client: Properties = isObject(inputs["clientConfiguration"]) ? inputs["clientConfiguration"] : {};
    const nodes = textsOf(inputs["nodes"]);
    const context = {
      endpoints: textsOf(inputs["endpoints"]),
      ...(nodes.length > 0 ? { nodes } : {}),
      ca: client["caCertificate"],
      crt: client["clientCertificate"],
      key: client["clientKey"],
    };
    return {
      ...inputs,
      id: name,
      talosConfig: stringify({ context: name, contexts: { [name]: context } }, { indent: 4, lineWidth: 0 }),
    };
  },
};
