// What is added to Talos' generated machine config, in its order. Pure: plain data in, patches out.
import type { Config, Node, StackConfig } from "../../config/config.ts";
import { endpointHistory } from "../../config/endpointMove.ts";
import { programPatches, type MachinePatch } from "../../config/patches/program.ts";
import { hasSecret } from "../../config/secretText.ts";

/** What machine configs are made of, and what machines are told besides. */
export type MachineSettings = Omit<StackConfig, "github" | "suspend"> & Pick<Config, "lastRun">;

/** The patches of one machine, in the order in which they are applied, so that a later one wins. */
export interface MachinePatches {
  /** Those that hold a secret. They go into the base config, which is a secret anyway (docs/decisions/0021). */
  readonly secret: readonly MachinePatch[];
  /** The program's own and then those of the stack config, from the general to the particular; all readable. */
  readonly plain: readonly MachinePatch[];
}

/** All patches of one machine. */
export function machinePatches(node: Node, config: MachineSettings): MachinePatches {
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
