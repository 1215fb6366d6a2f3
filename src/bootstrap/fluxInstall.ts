// Phase 4: Flux's controllers, installed once. From then on Flux keeps itself up to date from the same artifact.
import { relative } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Config } from "../config/config.ts";
import { stepCommand } from "../steps/stepCommand.ts";
import type { Machines } from "../talos/machines.ts";
import type { Cluster } from "./cluster.ts";

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
      {
        program: "src/bootstrap/steps/fluxInstall.ts",
        // No version here: it is read from the tree when the step runs. A bump is one changed line in the preview, the
        // OCIRepository's tag, and Flux itself does the upgrade.
        // The tree's path is relative to the project, so that it is the same in every clone.
        inputs: { CLUSTER_ID: machines.clusterId, TREE: relative(process.cwd(), config.tree.path) },
        secrets: { KUBECONFIG_TEXT: cluster.kubeconfig, SOPS_AGE_KEY: config.ageKey.identity },
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
