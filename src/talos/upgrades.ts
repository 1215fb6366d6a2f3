// The steps that take a running cluster to other versions, in the order in which they may happen: everything is ready,
// control planes one by one, workers, Kubernetes. On a new cluster none of them has anything to do.
import * as pulumi from "@pulumi/pulumi";
import { ciliumRepository } from "../config/ciliumRepository.ts";
import type { Config, Node } from "../config/config.ts";
import { stepCommand } from "../steps/stepCommand.ts";
import { named } from "./named.ts";

/** What {@link createUpgrades} needs. */
export interface UpgradesArgs {
  readonly config: Config;
  /** Admin talosconfig without addresses; secret. */
  readonly credentials: pulumi.Output<string>;
  /** What has to be done before. All machines are looked at before the first is upgraded. */
  readonly after: readonly pulumi.Resource[];
  readonly parent: pulumi.Resource;
}

/** The installer image without its tag: the version is an input of its own, and shows once in a preview. */
const installerOf = ({ installerImage }: Node): string => installerImage.replace(/:[^:/]*$/, "");

/** Registers the steps. @returns what new machine configs have to wait for */
export function createUpgrades(name: string, args: UpgradesArgs): readonly pulumi.Resource[] {
  const { config, parent, after } = args;
  const { upgrades, controlPlanes, workers, versions } = config;
  const secrets = { TALOSCONFIG_TEXT: args.credentials };
  const backup = { STACK: pulumi.getStack(), AGE_RECIPIENTS: config.ageKey.recipients.join(" ") };
  const prepared = stepCommand(
    `${name}-prepare`,
    {
      program: "src/talos/steps/prepareUpgrade.ts",
      inputs: {
        TALOS_VERSION: versions.talos,
        KUBERNETES_VERSION: versions.kubernetes,
        CILIUM_VERSION: versions.cilium,
        CILIUM_REPOSITORY: ciliumRepository,
        ...backup,
        MACHINES: JSON.stringify(
          config.nodes.map((node) => ({
            ...named(node),
            role: node.role,
            schematic: node.schematicId,
            installer: installerOf(node),
          })),
        ),
      },
      secrets,
    },
    { parent, dependsOn: [...after] },
  );
  const upgradeOs = (node: Node, dependsOn: readonly pulumi.Resource[]): pulumi.Resource =>
    stepCommand(
      `${name}-${node.name}-os`,
      {
        program: "src/talos/steps/upgradeOs.ts",
        inputs: {
          NODE_NAME: node.name,
          NODE_ADDRESS: node.address,
          NODE_ROLE: node.role,
          TALOS_VERSION: versions.talos,
          SCHEMATIC_ID: node.schematicId,
          INSTALLER: installerOf(node),
          GENERATION: String(node.generation),
          CONTROL_PLANES: JSON.stringify(controlPlanes.map(named)),
          NODES: String(config.nodes.length),
          DRAIN_SECONDS: String(upgrades.drainSeconds),
          REBOOT_SECONDS: String(upgrades.rebootSeconds),
          ...backup,
        },
        secrets,
      },
      { parent, dependsOn: [...dependsOn] },
    );
  // One after the other: etcd is whole again before the next member goes down.
  let before: readonly pulumi.Resource[] = [prepared];
  for (const node of controlPlanes) before = [upgradeOs(node, before)];
  for (let at = 0; at < workers.length; at += upgrades.workersAtOnce) {
    const last = before;
    before = workers.slice(at, at + upgrades.workersAtOnce).map((node) => upgradeOs(node, last));
  }
  return [
    stepCommand(
      `${name}-kubernetes`,
      {
        program: "src/talos/steps/upgradeKubernetes.ts",
        inputs: {
          KUBERNETES_VERSION: versions.kubernetes,
          CONTROL_PLANES: JSON.stringify(controlPlanes.map(named)),
          WORKERS: JSON.stringify(workers.map(named)),
        },
        secrets,
      },
      // New image tags in a machine config would upgrade all machines at once, so this goes before any config is sent.
      { parent, dependsOn: [...before] },
    ),
  ];
}
