// The Talos provider's resources, typed by hand: the only place that knows its tokens and version.
//
// Tokens, inputs and outputs are those of `@pulumiverse/talos` 0.8.1; using that package instead means changing the
// imports of the files beside this one and deleting this one.
import * as pulumi from "@pulumi/pulumi";

/** Which plugin serves the tokens below, and where Pulumi downloads it. */
const plugin = { version: "0.8.1", pluginDownloadURL: "github://api.github.com/pulumiverse" } as const;

/** All secrets of a cluster: its id, its CAs with their keys, its tokens. Passed on whole, never taken apart here. */
export interface MachineSecrets {
  readonly cluster: { readonly id: string; readonly secret: string };
  readonly [part: string]: unknown;
}

/** The client certificate that talosctl and the provider use. PEM, base64-encoded, as in a talosconfig. */
export interface ClientConfiguration {
  readonly caCertificate: string;
  readonly clientCertificate: string;
  /** Secret. */
  readonly clientKey: string;
}

/** Inputs of {@link Secrets}. */
export interface SecretsArgs {
  /** Config contract, e.g. `v1.12`. Lowering it would replace every key of the cluster, so it is frozen at its birth. */
  readonly talosVersion: string;
}

/** The cluster's PKI, made once. Its state is the only place where the keys are (encrypted by the stack's passphrase). */
export class Secrets extends pulumi.CustomResource {
  declare readonly machineSecrets: pulumi.Output<MachineSecrets>;
  declare readonly clientConfiguration: pulumi.Output<ClientConfiguration>;

  constructor(name: string, args: SecretsArgs, opts: pulumi.CustomResourceOptions) {
    super(
      "talos:machine/secrets:Secrets",
      name,
      { talosVersion: args.talosVersion, clientConfiguration: undefined, machineSecrets: undefined },
      { ...plugin, ...opts, additionalSecretOutputs: ["machineSecrets", "clientConfiguration"] },
    );
    this.machineSecrets = pulumi
      .secret(this.machineSecrets)
      .apply((value): MachineSecrets => withoutMarks(value));
    this.clientConfiguration = pulumi
      .secret(this.clientConfiguration)
      .apply((value): ClientConfiguration => withoutMarks(value));
  }
}

/**
 * Takes the secret marks out of a value. The plugin marks the leaves, this program the whole; the SDK understands the
 * outer mark and would leave the inner one in the value.
 */
function withoutMarks<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutMarks) as T;
  if (typeof value !== "object" || value === null) return value;
  const fields = value as Record<string, unknown>;
  if (fields[pulumi.runtime.specialSigKey] === pulumi.runtime.specialSecretSig)
    return withoutMarks(fields["value"]) as T;
  return Object.fromEntries(Object.entries(fields).map(([key, inner]) => [key, withoutMarks(inner)])) as T;
}

/** Inputs of {@link machineConfiguration}. */
export interface MachineConfigurationArgs {
  readonly clusterName: string;
  /** URL of the Kubernetes API, e.g. `https://192.0.2.10:6443`. */
  readonly clusterEndpoint: string;
  readonly machineType: "controlplane" | "worker";
  readonly machineSecrets: pulumi.Output<MachineSecrets>;
  /** Config contract, e.g. `v1.12`. */
  readonly talosVersion: string;
  /** Kubernetes version, e.g. `v1.35.4`. */
  readonly kubernetesVersion: string;
  /** Patches with secrets, as JSON texts; a secret. Default: none. */
  readonly configPatches?: pulumi.Output<string[]>;
}

/** Renders the base machine config of a role. It holds all secrets of the cluster, so the result is a secret. */
export function machineConfiguration(args: MachineConfigurationArgs): pulumi.Output<string> {
  const result = pulumi.runtime.invokeOutput<{ machineConfiguration: string }>(
    "talos:machine/getConfiguration:getConfiguration",
    { ...args, docs: false, examples: false },
    plugin,
  );
  // The bridge takes the mark from an invoke's result (pulumi-terraform-bridge, propertyvalue.RemoveSecrets). Engine and
  // SDK set it again because an argument has one; nothing here depends on that.
  return pulumi.secret(result.machineConfiguration);
}

/** Inputs of {@link ConfigurationApply}. */
export interface ConfigurationApplyArgs {
  /** Address of the machine, e.g. `192.0.2.11`. */
  readonly node: string;
  readonly clientConfiguration: pulumi.Output<ClientConfiguration>;
  /** Base machine config; secret. */
  readonly machineConfigurationInput: pulumi.Output<string>;
  /** Patches on top, as JSON texts; plain, so that a preview shows what changes. */
  readonly configPatches: readonly string[];
  /** How long the provider tries; its own default is ten minutes each, and it never reads Pulumi's `customTimeouts`. */
  readonly timeouts: Timeouts<"create" | "update" | "delete">;
}

/** Limits by operation, as Go durations, e.g. `{ create: "5m" }`. Without one the provider tries for ten minutes. */
export type Timeouts<Operation extends string> = Readonly<Partial<Record<Operation, string>>>;

/** Sends a machine its config; wipes the machine back to maintenance mode when it is destroyed. */
export class ConfigurationApply extends pulumi.CustomResource {
  constructor(name: string, args: ConfigurationApplyArgs, opts: pulumi.CustomResourceOptions) {
    super(
      "talos:machine/configurationApply:ConfigurationApply",
      name,
      {
        ...args,
        endpoint: args.node,
        // Never `reboot`: Talos 1.14 refuses it outside maintenance mode. Auto reboots only where the change needs it.
        applyMode: "auto",
        // Literals: the provider takes no unknown ones (siderolabs/terraform-provider-talos#334). Not graceful: the last
        // control plane cannot leave its own etcd (#216).
        onDestroy: { reset: true, graceful: false, reboot: true },
        machineConfiguration: undefined,
      },
      { ...plugin, ...opts, additionalSecretOutputs: ["clientConfiguration", "machineConfiguration"] },
    );
  }
}

/** Inputs of {@link Kubeconfig}. */
export interface KubeconfigArgs {
  /** Address of a control plane. */
  readonly node: string;
  readonly clientConfiguration: pulumi.Output<ClientConfiguration>;
  /** See {@link ConfigurationApplyArgs}. */
  readonly timeouts: Timeouts<"create" | "update">;
}

/** An admin kubeconfig, fetched from a control plane. */
export class Kubeconfig extends pulumi.CustomResource {
  /** Secret. */
  declare readonly kubeconfigRaw: pulumi.Output<string>;

  constructor(name: string, args: KubeconfigArgs, opts: pulumi.CustomResourceOptions) {
    super(
      "talos:cluster/kubeconfig:Kubeconfig",
      name,
      { ...args, endpoint: args.node, kubeconfigRaw: undefined, kubernetesClientConfiguration: undefined },
      {
        ...plugin,
        ...opts,
        additionalSecretOutputs: ["clientConfiguration", "kubeconfigRaw", "kubernetesClientConfiguration"],
      },
    );
  }
}
