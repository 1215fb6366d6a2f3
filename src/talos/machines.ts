// Phase 1: machines that run Talos with this cluster's config.
import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { Config, Node } from "../config/schema.ts";
import { stepCommand } from "../steps/stepCommand.ts";
import { generatorKubernetes, machinePatches } from "./machineConfig.ts";
import {
  ConfigurationApply,
  machineConfiguration,
  Secrets,
  type ClientConfiguration,
  type MachineSecrets,
} from "./resources.ts";
import { talosconfig } from "./talosconfig.ts";
import { createUpgrades } from "./upgrades.ts";

/** What {@link Machines} needs. */
export interface MachinesArgs {
  readonly config: Config;
}

/** One machine with everything that is sent to it. */
interface Plan {
  readonly node: Node;
  readonly base: pulumi.Output<string>;
  readonly patches: readonly string[];
}

/**
 * The cluster's secrets and, per machine: look at it and refuse what must not be touched, bring it to its versions, then send its config. All
 * machines are looked at before the first one gets a config, so that a wrong address stops the run while it is harmless.
 */
export class Machines extends pulumi.ComponentResource {
  /** The resource that lives exactly as long as the cluster: everything in the cluster is deleted with it. */
  readonly anchor: pulumi.CustomResource;
  /** Talos' id of the cluster; changes only when the cluster is made anew. */
  readonly clusterId: pulumi.Output<string>;
  readonly clientConfiguration: pulumi.Output<ClientConfiguration>;
  /** A talosconfig for people and for the steps; secret. */
  readonly talosconfig: pulumi.Output<string>;

  constructor(name: string, args: MachinesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("home-ops:talos:Machines", name, {}, opts);
    const { config } = args;
    const secrets = this.#createSecrets(name, config);
    this.anchor = secrets;
    this.clusterId = pulumi.unsecret(secrets.machineSecrets.apply((machine) => machine.cluster.id));
    this.clientConfiguration = secrets.clientConfiguration;
    this.talosconfig = pulumi.secret(
      secrets.clientConfiguration.apply((client) => talosconfigOf(config, client)),
    );

    const plans = planMachines(config, secrets.machineSecrets);
    const inspected = plans.map((plan) => this.#createInspection(name, plan));
    const upgraded = createUpgrades(name, { config, talosconfig: this.talosconfig, inspected, parent: this });
    this.#createApplies(name, plans, [...inspected, ...upgraded]);
    this.registerOutputs({ clusterId: this.clusterId, talosconfig: this.talosconfig });
  }

  #createSecrets(name: string, config: Config): Secrets {
    return new Secrets(
      `${name}-secrets`,
      { talosVersion: config.cluster.talosContract },
      {
        parent: this,
        protect: config.protect,
        // The contract is frozen at the cluster's birth; config refuses a change, this keeps the keys if it slips by.
        ignoreChanges: ["talosVersion"],
        ...(config.secretsFile === undefined ? {} : { import: config.secretsFile }),
      },
    );
  }

  #createInspection(name: string, plan: Plan): pulumi.Resource {
    const { node } = plan;
    return stepCommand(
      `${name}-${node.name}-inspect`,
      {
        program: "src/talos/steps/inspectMachine.ts",
        inputs: {
          NODE_NAME: node.name,
          NODE_ADDRESS: node.address,
          NODE_ROLE: node.role,
          // Looked at again whenever its config changes, so that a machine that is off is named after 30 s and not
          // after the ten minutes for which the provider would try.
          CONFIG_HASH: configHash(plan),
        },
        secrets: { TALOSCONFIG_TEXT: this.talosconfig },
      },
      { parent: this },
    );
  }

  #createApplies(name: string, plans: readonly Plan[], after: readonly pulumi.Resource[]): void {
    const apply = (plan: Plan, dependsOn: readonly pulumi.Resource[]): ConfigurationApply =>
      new ConfigurationApply(
        `${name}-${plan.node.name}-config`,
        {
          node: plan.node.address,
          clientConfiguration: this.clientConfiguration,
          machineConfigurationInput: plan.base,
          configPatches: plan.patches,
        },
        // A new address is a new machine: the old one is wiped first, which an update in place would never do.
        {
          parent: this,
          dependsOn: [...dependsOn],
          replaceOnChanges: ["node"],
          deleteBeforeReplace: true,
          customTimeouts: { create: "5m", update: "5m", delete: "5m" },
        },
      );
    const controlPlanes = plans
      .filter((plan) => plan.node.role === "controlplane")
      .map((plan) => apply(plan, after));
    // Workers get their certificates from the control planes' trustd, so those come first.
    for (const plan of plans.filter((plan) => plan.node.role === "worker")) apply(plan, controlPlanes);
  }
}

function planMachines(config: Config, machineSecrets: pulumi.Output<MachineSecrets>): readonly Plan[] {
  const base = (machineType: Node["role"]): pulumi.Output<string> =>
    machineConfiguration({
      clusterName: config.cluster.name,
      clusterEndpoint: config.cluster.endpoint,
      machineType,
      machineSecrets,
      talosVersion: config.cluster.talosContract,
      kubernetesVersion: generatorKubernetes(config.cluster.talosContract),
    });
  const bases = { controlplane: base("controlplane"), worker: base("worker") };
  return [...config.controlPlanes, ...config.workers].map((node) => ({
    node,
    base: bases[node.role],
    patches: machinePatches(node, config).map((patch) => JSON.stringify(patch)),
  }));
}

/** Not a secret: nobody gets from it to the keys in the config, and it must be readable to compare. */
function configHash(plan: Plan): pulumi.Output<string> {
  return pulumi.unsecret(
    plan.base.apply((base) =>
      createHash("sha256")
        .update([base, ...plan.patches].join("\n---\n"))
        .digest("hex"),
    ),
  );
}

function talosconfigOf(config: Config, client: ClientConfiguration): string {
  const endpoints = config.controlPlanes.map((node) => node.address);
  return talosconfig(config.cluster.name, endpoints, endpoints, client);
}
