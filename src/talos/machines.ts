// Phase 1: machines that run Talos with this cluster's config.
import * as pulumi from "@pulumi/pulumi";
import * as talos from "@pulumiverse/talos";
import { ciliumRepository } from "../config/ciliumRepository.ts";
import type { Config } from "../config/config.ts";
import { stepCommand } from "../steps/stepCommand.ts";
import { prepareUpgrade, upgradeKubernetes } from "./contracts.ts";
import { installerOf, Machine, type After } from "./machine/machine.ts";
import { planMachines, type MachineSettings } from "./machine/machinePlan.ts";
import { keepShownConfigs } from "./machine/shownConfig.ts";
import { talosconfig } from "./talosconfig.ts";
import { withoutMarks } from "./withoutMarks.ts";

/** What {@link Machines} needs. All of it is known before anything is registered. */
export type MachinesArgs = MachineSettings &
  Pick<Config, "ageKey" | "secretsFile" | "bundleFolder" | "maskKey">;

/**
 * The cluster's secrets and its machines, in the order in which things may happen to them: all are looked at before the first
 * one is touched, so that a wrong address stops the run while it is harmless; versions change before any config is sent.
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
    const { cluster, nodes, controlPlanes, workers, versions, upgrades, lastRun } = args;
    const secrets = this.#createSecrets(name, args);
    this.anchor = secrets;
    const machineSecrets = withoutMarks(secrets.machineSecrets);
    this.clusterId = pulumi.unsecret(machineSecrets.apply((machine) => machine.cluster.id));
    this.clientConfiguration = withoutMarks(secrets.clientConfiguration);
    const addresses = controlPlanes.map(({ address }) => address);
    this.talosconfig = this.clientConfiguration.apply((client) =>
      talosconfig(cluster.name, addresses, addresses, client),
    );
    this.credentials = this.clientConfiguration.apply((client) => talosconfig(cluster.name, [], [], client));

    // What steps are told. Each takes of it what its contract names.
    const shared = {
      talosVersion: versions.talos,
      kubernetesVersion: versions.kubernetes,
      ciliumVersion: versions.cilium,
      ciliumRepository,
      controlPlanes,
      workers,
      nodes: nodes.length,
      machines: nodes.map((node) => ({
        ...node,
        schematic: node.schematicId,
        installer: installerOf(node),
      })),
      ...upgrades,
      // Where backups go, and who can read them.
      stack: pulumi.getStack(),
      ageRecipients: args.ageKey.recipients,
      talosconfigText: this.credentials,
    };
    const plans = planMachines(args, machineSecrets);
    keepShownConfigs(plans, args);
    const { clientConfiguration } = this;
    const all = plans.map((plan) => {
      const own = { ...plan, shared, lastRun, clientConfiguration, anchor: secrets };
      return new Machine(`${name}-${plan.node.name}`, own, { parent: this });
    });
    const machines = all.filter(({ isGone }) => !isGone);
    const gone = all.filter(({ isGone }) => isGone);
    const inspected = machines.map((machine) => machine.inspect());
    const forgotten = gone.map((machine) => machine.forget(inspected));
    const prepared = stepCommand(`${name}-prepare`, prepareUpgrade, shared, {
      parent: this,
      dependsOn: [...inspected, ...forgotten],
    });
    // etcd is whole again before the next member goes down.
    const { workersAtOnce } = upgrades;
    const upgraded = oneByOne(machines, workersAtOnce, [prepared], (one, after) => one.upgrade(after));
    // New image tags in a machine config would upgrade all machines at once, so this goes before any config is sent.
    const kubernetes = stepCommand(`${name}-kubernetes`, upgradeKubernetes, shared, {
      parent: this,
      dependsOn: [...upgraded],
    });
    const before = [...inspected, kubernetes];
    // Workers get their certificates from the control planes' trustd, so those come first.
    oneByOne(machines, workersAtOnce, before, (one, after) => one.join(after));
    for (const machine of gone) machine.keep(before);
    this.registerOutputs({ clusterId: this.clusterId, talosconfig: this.talosconfig });
  }

  #createSecrets(name: string, args: MachinesArgs): talos.machine.Secrets {
    const { cluster, protect, secretsFile, lastRun } = args;
    return new talos.machine.Secrets(
      `${name}-secrets`,
      { talosVersion: cluster.talosContract },
      {
        parent: this,
        protect,
        additionalSecretOutputs: ["machineSecrets", "clientConfiguration"],
        // The contract is frozen at the cluster's birth; config refuses a change, this keeps the keys if it slips by.
        ignoreChanges: ["talosVersion"],
        // Existing secrets are taken over by the run that makes the cluster. Later the path would be compared with the one of
        // that run, and the same file in another clone would be another import, which replaces every key. Source: pulumi
        // v3.259.0 pkg/resource/deploy/step_generator.go (oldImportID != goal.ID).
        ...(secretsFile === undefined || lastRun.machines !== undefined ? {} : { import: secretsFile }),
      },
    );
  }
}

/**
 * Does something with all machines: control planes one after the other, then the workers, so many at once.
 * @returns what was done last
 */
function oneByOne(
  machines: readonly Machine[],
  workersAtOnce: number,
  before: After,
  act: (machine: Machine, after: After) => pulumi.Resource,
): After {
  const workers = machines.filter(({ node }) => node.role === "worker");
  let after = before;
  for (const machine of machines.filter(({ node }) => node.role === "controlplane"))
    after = [act(machine, after)];
  for (let at = 0; at < workers.length; at += workersAtOnce) {
    const last = after;
    after = workers.slice(at, at + workersAtOnce).map((machine) => act(machine, last));
  }
  return after;
}
