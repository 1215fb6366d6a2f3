// Phase 4: Flux's controllers, installed once. From then on Flux keeps itself up to date from the same artifact.
import { relative } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Config } from "../config/config.ts";
import { stepCommand } from "../steps/stepCommand.ts";
import type { Machines } from "../talos/machines.ts";
import type { Cluster } from "./cluster.ts";
import { installFlux } from "./contracts.ts";

/** What {@link FluxInstall} needs. */
export interface FluxInstallArgs {
  readonly config: Config;
  readonly machines: Machines;
  readonly cluster: Cluster;
}

/** One step: the install bundle of the version that the tree pins, and the Secret `cluster-secrets` to start from. */
export class FluxInstall extends pulumi.ComponentResource {
  constructor(name: string, args: FluxInstallArgs, opts?: pulumi.ComponentResourceOptions) {
    super("home-ops:bootstrap:FluxInstall", name, {}, opts);
    const { config, machines, cluster } = args;
    stepCommand(
      `${name}-bundle`,
      installFlux,
      {
        clusterId: machines.clusterId,
        tree: relative(process.cwd(), config.tree.path),
        kubeconfigText: cluster.kubeconfig,
        sopsAgeKey: config.ageKey.identity,
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
