// What each machine is sent: what is added to Talos' generated machine config, and the config itself.
import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import * as talos from "@pulumiverse/talos";
import type { Config, Node, StackConfig } from "../../config/config.ts";
import { endpointHistory } from "../../config/endpointMove.ts";
import { programPatches, type MachinePatch } from "../../config/patches/program.ts";
import { hasSecret, revealed } from "../../config/secretText.ts";
import { newestKubernetesFor } from "../../versions/skew.ts";

/** What machine configs are made of, and what machines are told besides. */
export type MachineSettings = Omit<StackConfig, "github" | "suspend"> & Pick<Config, "lastRun">;

/**
 * The patches of one machine in the order in which they are applied, so that a later one wins: the program's own and then those
 * of the stack config. Those that hold a secret go into the base config, which is a secret anyway (docs/decisions/0021).
 */
export function machinePatches(
  node: Node,
  config: MachineSettings,
): Readonly<Record<"secret" | "plain", readonly MachinePatch[]>> {
  const ofStack = [...config.patches.common, ...config.patches[node.role], ...node.patches];
  return {
    secret: ofStack.filter(hasSecret),
    plain: [
      ...programPatches(node, config),
      ...endpointPatch(config, node.role),
      ...ofStack.filter((patch) => !hasSecret(patch)),
    ],
  };
}

/**
 * What an endpoint that has moved leaves behind on control planes: its old name in the certificates for as long as clients
 * are on their way, and for ever the issuer of the tokens of service accounts. That is a name and no address, and under
 * another one every pod's token would be refused for up to an hour. Talos takes the endpoint for both. Source:
 * siderolabs/talos v1.12 controllers/k8s/control_plane_static_pod.go.
 */
function endpointPatch({ lastRun, cluster }: MachineSettings, role: Node["role"]): readonly MachinePatch[] {
  const { from, tokenIssuer } = endpointHistory(lastRun, cluster.endpoint);
  if (role === "worker" || (from === undefined && tokenIssuer === undefined)) return [];
  const certSANs = from === undefined ? {} : { certSANs: [new URL(from).hostname] };
  const tokens = { "service-account-issuer": tokenIssuer, "api-audiences": tokenIssuer };
  const extraArgs = tokenIssuer === undefined ? {} : { extraArgs: tokens };
  return [{ cluster: { apiServer: { ...certSANs, ...extraArgs } } }];
}

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
  const hash = (text: string): string =>
    createHash("sha256")
      .update([text, ...patches].join("\n---\n"))
      .digest("hex");
  return pulumi.unsecret(base.apply(hash));
}

type MachineSecrets = pulumi.Output<talos.types.output.machine.MachineSecrets>;

/** The plans of all machines: control planes, workers, those that are gone. */
export function planMachines(
  config: MachineSettings,
  machineSecrets: MachineSecrets,
): readonly MachinePlan[] {
  const bases = new Map<string, pulumi.Output<string>>();
  return [...config.controlPlanes, ...config.workers, ...config.gone].map((node) => {
    const { secret, plain } = machinePatches(node, config);
    const secretPatches = secret.map((patch) => JSON.stringify(revealed(patch)));
    // Machines that get the same share it: one question to the provider instead of one for each.
    const key = JSON.stringify([node.role, ...secretPatches]);
    const base = bases.get(key) ?? baseConfig(config, node.role, machineSecrets, secretPatches);
    bases.set(key, base);
    const patches = plain.map((patch) => JSON.stringify(patch));
    return { node, isGone: config.gone.includes(node), base, patches };
  });
}

function baseConfig(
  { cluster: { name, endpoint, talosContract } }: MachineSettings,
  machineType: Node["role"],
  machineSecrets: MachineSecrets,
  secretPatches: readonly string[],
): pulumi.Output<string> {
  const { machineConfiguration } = talos.machine.getConfigurationOutput({
    clusterName: name,
    clusterEndpoint: endpoint,
    machineType,
    machineSecrets,
    talosVersion: talosContract,
    // The newest that the contract's Talos knew, so that it stays the same for the cluster's whole life.
    kubernetesVersion: `v${newestKubernetesFor(talosContract) ?? ""}.0`,
    docs: false,
    examples: false,
    ...(secretPatches.length === 0 ? {} : { configPatches: pulumi.secret([...secretPatches]) }),
  });
  return pulumi.secret(machineConfiguration);
}
