import * as pulumi from "@pulumi/pulumi";
import type * as inputs from "./types/input.ts";
import type * as outputs from "./types/output.ts";
import { defaults } from "./utilities.ts";

/** Inputs of {@link Kubeconfig}. */
export interface KubeconfigArgs {
  /** How long before its end a certificate is renewed, as a Go duration. Default: 720h. */
  certificateRenewalDuration?: pulumi.Input<string | undefined>;
  clientConfiguration: pulumi.Input<inputs.cluster.KubeconfigClientConfiguration>;
  /** Address at which the machine is asked. Default: `node`. */
  endpoint?: pulumi.Input<string | undefined>;
  /** Address of a control plane, e.g. `192.0.2.11`. */
  node: pulumi.Input<string>;
  timeouts?: pulumi.Input<inputs.cluster.KubeconfigTimeouts | undefined>;
}

/** An admin kubeconfig, fetched from a control plane. */
export class Kubeconfig extends pulumi.CustomResource {
  declare readonly certificateRenewalDuration: pulumi.Output<string>;
  declare readonly clientConfiguration: pulumi.Output<outputs.cluster.KubeconfigClientConfiguration>;
  declare readonly endpoint: pulumi.Output<string>;
  /** The kubeconfig as YAML. Secret. */
  declare readonly kubeconfigRaw: pulumi.Output<string>;
  declare readonly kubernetesClientConfiguration: pulumi.Output<outputs.cluster.KubeconfigKubernetesClientConfiguration>;
  declare readonly node: pulumi.Output<string>;
  declare readonly timeouts: pulumi.Output<outputs.cluster.KubeconfigTimeouts | undefined>;

  constructor(name: string, args: KubeconfigArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "talos:cluster/kubeconfig:Kubeconfig",
      name,
      { ...args, kubeconfigRaw: undefined, kubernetesClientConfiguration: undefined },
      pulumi.mergeOptions(pulumi.mergeOptions(defaults, opts), {
        additionalSecretOutputs: ["kubeconfigRaw"],
      }),
    );
  }
}
