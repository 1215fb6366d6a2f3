// What the real plugins take and give, for every resource and function that has a stand-in. Written from the plugins'
// published schemas and SDKs: pulumiverse/pulumi-talos v0.8.1, pulumi/pulumi-command v1.2.1, pulumi/pulumi-github v6.15.0.

/** Contract of one resource or function. */
export interface Contract {
  /** Inputs; those with `*` are required. */
  readonly inputs: string;
  /** Outputs that are no inputs. */
  readonly outputs: string;
  /** Properties that the schema marks as secret as a whole; secret leaves are the behaviour tests' matter. */
  readonly secret?: string;
}

const machine = "clientConfiguration endpoint node*";

/** Contracts by plugin and token. */
export const contracts: Readonly<
  Record<string, { readonly version: string; readonly tokens: Readonly<Record<string, Contract>> }>
> = {
  talos: {
    version: "0.8.1",
    tokens: {
      "talos:machine/secrets:Secrets": {
        inputs: "talosVersion",
        outputs: "clientConfiguration machineSecrets",
      },
      "talos:machine/configurationApply:ConfigurationApply": {
        inputs: `${machine} applyMode clientConfigurationWo configPatches machineConfigurationInput machineConfigurationInputWo onDestroy timeouts`,
        outputs: "machineConfiguration machineConfigurationHash resolvedApplyMode",
        secret:
          "clientConfigurationWo machineConfiguration machineConfigurationInput machineConfigurationInputWo",
      },
      "talos:machine/bootstrap:Bootstrap": {
        inputs: `${machine} clientConfigurationWo timeouts`,
        outputs: "",
      },
      "talos:cluster/kubeconfig:Kubeconfig": {
        inputs: "certificateRenewalDuration clientConfiguration* endpoint node* timeouts",
        outputs: "kubeconfigRaw kubernetesClientConfiguration",
        secret: "kubeconfigRaw",
      },
      "talos:imageFactory/schematic:Schematic": { inputs: "schematic", outputs: "" },
      "talos:machine/getConfiguration:getConfiguration": {
        inputs:
          "clusterEndpoint* clusterName* configPatches docs examples kubernetesVersion machineSecrets* machineType* talosVersion",
        outputs: "id machineConfiguration",
        secret: "machineConfiguration",
      },
      "talos:client/getConfiguration:getConfiguration": {
        inputs: "clientConfiguration* clusterName* endpoints nodes",
        outputs: "id talosConfig",
        secret: "talosConfig",
      },
      "talos:imageFactory/getUrls:getUrls": {
        inputs: "architecture platform sbc schematicId* talosVersion*",
        outputs: "id urls",
      },
    },
  },
  command: {
    version: "1.2.1",
    tokens: {
      "command:local:Command": {
        inputs:
          "addPreviousOutputInEnv archivePaths assetPaths create delete dir environment interpreter logging stdin triggers update",
        outputs: "stderr stdout",
      },
      "command:local:run": {
        inputs:
          "addPreviousOutputInEnv archivePaths assetPaths command* dir environment interpreter logging stdin",
        outputs: "stderr stdout",
      },
    },
  },
  github: {
    version: "6.15.0",
    tokens: {
      "github:index/repositoryDeployKey:RepositoryDeployKey": {
        inputs: "key* readOnly repository* title*",
        outputs: "etag",
      },
      "github:index/repositoryWebhook:RepositoryWebhook": {
        inputs: "active configuration etag events* repository*",
        outputs: "url",
      },
    },
  },
};
