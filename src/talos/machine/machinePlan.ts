// What each machine is sent.
import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import * as talos from "@pulumiverse/talos";
import type { Config, Node } from "../../config/config.ts";
import type { MachinePatch } from "../../config/patches/program.ts";
import { revealed } from "../../config/secretText.ts";
import { generatorKubernetes, machinePatches } from "./machineConfig.ts";

/** One machine with everything that is sent to it. */
export interface MachinePlan {
  readonly node: Node;
  /** Its hardware is dead: nothing is sent, and nothing happens to it when it is removed. */
  readonly isGone: boolean;
  /** Base machine config, with the patches that hold a secret; secret. */
  readonly base: pulumi.Output<string>;
  /** Readable patches on top, as JSON texts. */
  readonly patches: readonly string[];
}

/**
 * A hash of everything that is sent to a machine, so that what depends on it runs again when it changes. Not a secret:
 * it must be readable to compare, and nobody gets from it to what is in the config, not even to a short password in a patch:
 * the cluster's own keys stand in the same text, and whoever tries passwords would have to know those as well.
 */
export function configHash({ base, patches }: Pick<MachinePlan, "base" | "patches">): pulumi.Output<string> {
  return pulumi.unsecret(
    base.apply((text) =>
      createHash("sha256")
        .update([text, ...patches].join("\n---\n"))
        .digest("hex"),
    ),
  );
}

/** The plans of all machines: control planes, workers, those that are gone. */
export function planMachines(
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
