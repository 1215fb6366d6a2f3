// The steps that take a running cluster to other versions, in the order in which they may happen: everything is ready,
// control planes one by one, workers, Kubernetes. On a new cluster none of them has anything to do.
import * as pulumi from "@pulumi/pulumi";
import { ciliumRepository } from "../config/ciliumRepository.ts";
import type { Config, Node } from "../config/config.ts";
import { stepCommand } from "../steps/stepCommand.ts";
import * as contracts from "./contracts.ts";

/** What {@link createUpgrades} needs. */
export interface UpgradesArgs {
  readonly config: Config;
  /** Admin talosconfig without addresses; secret. */
  readonly credentials: pulumi.Output<string>;
  /** What has to be done before. All machines are looked at before the first is upgraded. */
  readonly after: readonly pulumi.Resource[];
  readonly parent: pulumi.Resource;
}

/** The installer image without its tag. */
const installerOf = ({ installerImage }: Node): string => installerImage.replace(/:[^:/]*$/, "");

/** Registers the steps. @returns what new machine configs have to wait for */
export function createUpgrades(name: string, args: UpgradesArgs): readonly pulumi.Resource[] {
  const { config, parent, after } = args;
  const { upgrades, controlPlanes, workers, versions } = config;
  const talosconfigText = args.credentials;
  const backup = { stack: pulumi.getStack(), ageRecipients: config.ageKey.recipients };
  const prepared = stepCommand(
    `${name}-prepare`,
    contracts.prepareUpgrade,
    {
      talosVersion: versions.talos,
      kubernetesVersion: versions.kubernetes,
      ciliumVersion: versions.cilium,
      ciliumRepository,
      ...backup,
      machines: config.nodes.map((node) => ({
        ...node,
        schematic: node.schematicId,
        installer: installerOf(node),
      })),
      talosconfigText,
    },
    { parent, dependsOn: [...after] },
  );
  const upgradeOs = (node: Node, dependsOn: readonly pulumi.Resource[]): pulumi.Resource =>
    stepCommand(
      `${name}-${node.name}-os`,
      contracts.upgradeOs,
      {
        node,
        talosVersion: versions.talos,
        schematicId: node.schematicId,
        installer: installerOf(node),
        generation: node.generation,
        controlPlanes,
        nodes: config.nodes.length,
        drainSeconds: upgrades.drainSeconds,
        rebootSeconds: upgrades.rebootSeconds,
        ...backup,
        talosconfigText,
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
      contracts.upgradeKubernetes,
      {
        kubernetesVersion: versions.kubernetes,
        controlPlanes,
        workers,
        talosconfigText,
      },
      // New image tags in a machine config would upgrade all machines at once, so this goes before any config is sent.
      { parent, dependsOn: [...before] },
    ),
  ];
}
