import * as pulumi from "@pulumi/pulumi";
import type * as inputs from "./types/input.ts";
import type * as outputs from "./types/output.ts";
import { defaults } from "./utilities.ts";

/** Inputs of {@link Secrets}. */
export interface SecretsArgs {
  /** Config contract, e.g. `v1.12`. Default: the newest that the plugin knows. */
  talosVersion?: pulumi.Input<string | undefined>;
}

/** The PKI of a cluster, made once. */
export class Secrets extends pulumi.CustomResource {
  declare readonly clientConfiguration: pulumi.Output<outputs.machine.ClientConfiguration>;
  declare readonly machineSecrets: pulumi.Output<outputs.machine.MachineSecrets>;
  declare readonly talosVersion: pulumi.Output<string>;

  constructor(name: string, args?: SecretsArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "talos:machine/secrets:Secrets",
      name,
      { talosVersion: args?.talosVersion, clientConfiguration: undefined, machineSecrets: undefined },
      pulumi.mergeOptions(defaults, opts),
    );
  }
}

/** Inputs of {@link ConfigurationApply}. */
export interface ConfigurationApplyArgs {
  /** `auto`, `no_reboot`, `reboot`, `staged` or `staged_if_needing_reboot`. Default: `auto`. */
  applyMode?: pulumi.Input<string | undefined>;
  clientConfiguration?: pulumi.Input<inputs.machine.ClientConfiguration | undefined>;
  /** Patches on top of the config, as YAML or JSON texts. */
  configPatches?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /** Address at which the machine is asked. Default: `node`. */
  endpoint?: pulumi.Input<string | undefined>;
  /** Base config; becomes a secret. */
  machineConfigurationInput?: pulumi.Input<string | undefined>;
  /** Address of the machine, e.g. `192.0.2.11`. */
  node: pulumi.Input<string>;
  /** Default: nothing happens to the machine. */
  onDestroy?: pulumi.Input<inputs.machine.ConfigurationApplyOnDestroy | undefined>;
  timeouts?: pulumi.Input<inputs.machine.Timeout | undefined>;
}

/** Sends a machine its config. */
export class ConfigurationApply extends pulumi.CustomResource {
  declare readonly applyMode: pulumi.Output<string>;
  declare readonly clientConfiguration: pulumi.Output<outputs.machine.ClientConfiguration | undefined>;
  declare readonly configPatches: pulumi.Output<string[] | undefined>;
  declare readonly endpoint: pulumi.Output<string>;
  /** What was sent: base config and patches. Secret. */
  declare readonly machineConfiguration: pulumi.Output<string>;
  declare readonly machineConfigurationHash: pulumi.Output<string>;
  declare readonly machineConfigurationInput: pulumi.Output<string | undefined>;
  declare readonly node: pulumi.Output<string>;
  declare readonly onDestroy: pulumi.Output<outputs.machine.ConfigurationApplyOnDestroy | undefined>;
  /** The mode that `auto` came to. */
  declare readonly resolvedApplyMode: pulumi.Output<string>;
  declare readonly timeouts: pulumi.Output<outputs.machine.Timeout | undefined>;

  constructor(name: string, args: ConfigurationApplyArgs, opts?: pulumi.CustomResourceOptions) {
    const base = args.machineConfigurationInput;
    super(
      "talos:machine/configurationApply:ConfigurationApply",
      name,
      {
        ...args,
        machineConfigurationInput: base === undefined ? undefined : pulumi.secret(base),
        machineConfiguration: undefined,
        machineConfigurationHash: undefined,
        resolvedApplyMode: undefined,
      },
      pulumi.mergeOptions(pulumi.mergeOptions(defaults, opts), {
        additionalSecretOutputs: [
          "clientConfigurationWo",
          "machineConfiguration",
          "machineConfigurationInput",
          "machineConfigurationInputWo",
        ],
      }),
    );
  }
}

/** Arguments of {@link getConfigurationOutput}. */
export interface GetConfigurationOutputArgs {
  /** URL of the Kubernetes API, e.g. `https://192.0.2.10:6443`. */
  clusterEndpoint: pulumi.Input<string>;
  clusterName: pulumi.Input<string>;
  /** Patches that the config comes with, as YAML or JSON texts. */
  configPatches?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /** Whether comments explain each field. */
  docs?: pulumi.Input<boolean | undefined>;
  /** Whether comments show an example of each field. */
  examples?: pulumi.Input<boolean | undefined>;
  /** E.g. `v1.35.4`. Default: the newest that the plugin knows. */
  kubernetesVersion?: pulumi.Input<string | undefined>;
  machineSecrets: pulumi.Input<inputs.machine.MachineSecretsArgs>;
  /** `controlplane` or `worker`. */
  machineType: pulumi.Input<string>;
  /** Config contract, e.g. `v1.12`. Default: the newest that the plugin knows. */
  talosVersion?: pulumi.Input<string | undefined>;
}

/** Result of {@link getConfigurationOutput}: its arguments and what was made of them. */
export interface GetConfigurationResult {
  readonly clusterEndpoint: string;
  readonly clusterName: string;
  readonly configPatches?: string[];
  readonly docs?: boolean;
  readonly examples?: boolean;
  readonly id: string;
  readonly kubernetesVersion?: string;
  /** The config, as YAML. */
  readonly machineConfiguration: string;
  readonly machineSecrets: outputs.machine.MachineSecrets;
  readonly machineType: string;
  readonly talosVersion?: string;
}

/** Renders the machine config of a role. */
export function getConfigurationOutput(
  args: GetConfigurationOutputArgs,
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetConfigurationResult> {
  return pulumi.runtime.invokeOutput(
    "talos:machine/getConfiguration:getConfiguration",
    { ...args },
    pulumi.mergeOptions(defaults, opts),
  );
}
