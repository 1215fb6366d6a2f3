// Phase 4: Flux's controllers, installed once. From then on Flux keeps itself up to date from the same artifact.
import { relative } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { stepCommand } from "../steps/stepCommand.ts";
import { installFlux } from "./contracts.ts";

/** What {@link FluxInstall} needs. */
export interface FluxInstallArgs {
  readonly clusterId: pulumi.Output<string>;
  readonly kubeconfig: pulumi.Output<string>;
  /** Where the Git tree lies. */
  readonly treePath: string;
  readonly sopsAgeKey: pulumi.Output<string>;
}

/** One step: the install bundle of the version that the tree pins, and the Secret `cluster-secrets` to start from. */
export class FluxInstall extends pulumi.ComponentResource {
  constructor(name: string, args: FluxInstallArgs, opts?: pulumi.ComponentResourceOptions) {
    super("home-ops:bootstrap:FluxInstall", name, {}, opts);
    const { clusterId, kubeconfig: kubeconfigText, treePath, sopsAgeKey } = args;
    const tree = relative(process.cwd(), treePath);
    const given = { clusterId, tree, kubeconfigText, sopsAgeKey };
    stepCommand(`${name}-bundle`, installFlux, given, { parent: this });
    this.registerOutputs({});
  }
}
