// Phase 1: machines that run Talos with this cluster's config.
import * as pulumi from "@pulumi/pulumi";
import * as talos from "@pulumiverse/talos";
import type { Config, Node } from "../config/config.ts";
import type { MachinePatch } from "../config/patches/program.ts";
import { revealed } from "../config/secretText.ts";
import { stepCommand } from "../steps/stepCommand.ts";
import { configHash, type MachinePlan } from "./machine/machinePlan.ts";
import { generatorKubernetes, machinePatches } from "./machine/machineConfig.ts";
import { createMembers, forgetMachines } from "./members.ts";
import { keepShownConfigs } from "./machine/shownConfig.ts";
import { inspectMachine } from "./contracts.ts";
import { talosconfig } from "./talosconfig.ts";
import { withoutMarks } from "./withoutMarks.ts";
import { createUpgrades } from "./upgrades.ts";

/** What {@link Machines} needs. */
export interface MachinesArgs {
  readonly config: Config;
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
  readonly clientConfiguration: pulumi.Output<talos.types.output.machine.ClientConfiguration>;
  /** A talosconfig for people; secret. */
  readonly talosconfig: pulumi.Output<string>;
  /** The same for the steps, without addresses: they name those they mean, and another control plane is no news to them. Secret. */
  readonly credentials: pulumi.Output<string>;

  constructor(name: string, args: MachinesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("home-ops:talos:Machines", name, {}, opts);
    const { config } = args;
    const secrets = this.#createSecrets(name, config);
    this.anchor = secrets;
    const machineSecrets = withoutMarks(secrets.machineSecrets);
    this.clusterId = pulumi.unsecret(machineSecrets.apply((machine) => machine.cluster.id));
    this.clientConfiguration = withoutMarks(secrets.clientConfiguration);
    this.talosconfig = this.clientConfiguration.apply((client) => talosconfigOf(config, client));
    this.credentials = this.clientConfiguration.apply((client) =>
      talosconfig(config.cluster.name, [], [], client),
    );

    const plans = planMachines(config, machineSecrets);
    keepShownConfigs(plans, config);
    const shared = { config, credentials: this.credentials, parent: this };
    const inspected = plans
      .filter(({ isGone }) => !isGone)
      .map((plan) => this.#createInspection(name, plan, config));
    const forgotten = forgetMachines(name, { ...shared, after: inspected });
    const upgraded = createUpgrades(name, { ...shared, after: [...inspected, ...forgotten] });
    createMembers(name, plans, {
      ...shared,
      anchor: secrets,
      clientConfiguration: this.clientConfiguration,
      after: [...inspected, ...upgraded],
    });
    this.registerOutputs({ clusterId: this.clusterId, talosconfig: this.talosconfig });
  }

  #createSecrets(name: string, config: Config): talos.machine.Secrets {
    return new talos.machine.Secrets(
      `${name}-secrets`,
      { talosVersion: config.cluster.talosContract },
      {
        parent: this,
        protect: config.protect,
        additionalSecretOutputs: ["machineSecrets", "clientConfiguration"],
        // The contract is frozen at the cluster's birth; config refuses a change, this keeps the keys if it slips by.
        ignoreChanges: ["talosVersion"],
        ...importOf(config),
      },
    );
  }

  #createInspection(name: string, plan: MachinePlan, config: Config): pulumi.Resource {
    const { node } = plan;
    return stepCommand(
      `${name}-${node.name}-inspect`,
      inspectMachine,
      {
        node,
        generation: node.generation,
        controlPlanes: config.controlPlanes,
        // Looked at again whenever its config changes, so that a machine that is off is named after 30 s and not
        // after the ten minutes for which the provider would try.
        configHash: configHash(plan),
        talosconfigText: this.credentials,
      },
      { parent: this },
    );
  }
}

/**
 * Existing secrets are taken over by the run that makes the cluster. Later the path would be compared with the one of that
 * run, and the same file in another clone would be another import, which replaces every key. Source: pulumi v3.259.0
 * pkg/resource/deploy/step_generator.go (oldImportID != goal.ID).
 */
function importOf({ secretsFile, lastRun }: Config): { readonly import?: string } {
  return secretsFile === undefined || lastRun.machines !== undefined ? {} : { import: secretsFile };
}

function planMachines(
  config: Config,
  machineSecrets: pulumi.Output<talos.types.output.machine.MachineSecrets>,
): readonly MachinePlan[] {
  const bases = new Map<string, pulumi.Output<string>>();
  const base = (machineType: Node["role"], secretPatches: readonly MachinePatch[]): pulumi.Output<string> => {
    const texts = secretPatches.map((patch) => JSON.stringify(revealed(patch)));
    // Machines that get the same share it: one question to the provider instead of one for each.
    const key = JSON.stringify([machineType, ...texts]);
    const made =
      bases.get(key) ??
      pulumi.secret(
        talos.machine.getConfigurationOutput({
          clusterName: config.cluster.name,
          clusterEndpoint: config.cluster.endpoint,
          machineType,
          machineSecrets,
          talosVersion: config.cluster.talosContract,
          kubernetesVersion: generatorKubernetes(config.cluster.talosContract),
          docs: false,
          examples: false,
          ...(texts.length === 0 ? {} : { configPatches: pulumi.secret(texts) }),
        }).machineConfiguration,
      );
    bases.set(key, made);
    return made;
  };
  return [...config.controlPlanes, ...config.workers, ...config.gone].map((node) => {
    const { secret, plain } = machinePatches(node, config);
    return {
      node,
      isGone: config.gone.includes(node),
      base: base(node.role, secret),
      patches: plain.map((patch) => JSON.stringify(patch)),
    };
  });
}

function talosconfigOf(config: Config, client: talos.types.output.machine.ClientConfiguration): string {
  const endpoints = config.controlPlanes.map((node) => node.address);
  return talosconfig(config.cluster.name, endpoints, endpoints, client);
}
