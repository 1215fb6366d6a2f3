// What the program adds to Talos' generated machine config. Pure: plain data in, patches out. Nothing of the program's own
// is secret, so that a preview can show every line of it.
import type { Config, Node } from "../config/config.ts";
import { endpointHistory } from "../config/endpointMove.ts";
import { hasSecret } from "../config/secretText.ts";
import { newestKubernetesFor } from "../versions/skew.ts";
import { compareMinors } from "../versions/version.ts";
import { generationAnnotation } from "./membership/generation.ts";
import { imagesOf } from "./kubernetesImages.ts";

/** A strategic merge patch of a machine config, or a whole document to add. Source: Talos docs, configuration patches. */
export type MachinePatch = Readonly<Record<string, unknown>>;

/** What of a machine its patches are made of. */
export type PatchedNode = Pick<Node, "name" | "role" | "disk" | "installerImage" | "generation">;

/** What of the stack config they are made of. */
export interface PatchingConfig {
  readonly cluster: Pick<Config["cluster"], "talosContract">;
  readonly network: Config["network"];
  readonly versions: Pick<Config["versions"], "kubernetes">;
}

/** The program's own patches of one machine. What they set, no patch of the stack config may (src/config/patches/owned.ts). */
export function programPatches(node: PatchedNode, config: PatchingConfig): readonly MachinePatch[] {
  return [
    installPatch(node),
    hostnamePatch(node, config.cluster.talosContract),
    kubeletPatch(config),
    clusterPatch(config, node.role),
    kubernetesPatch(config.versions.kubernetes, node.role),
    ...generationPatch(node),
  ];
}

/** The patches of one machine, in the order in which they are applied, so that a later one wins. */
export interface MachinePatches {
  /** Those that hold a secret. They go into the base config, which is a secret anyway (docs/decisions/0021). */
  readonly secret: readonly MachinePatch[];
  /** The program's own and then those of the stack config, from the general to the particular; all readable. */
  readonly plain: readonly MachinePatch[];
}

/** All patches of one machine. */
export function machinePatches(node: Node, config: Config): MachinePatches {
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

/** Disk and image. Always explicit: the provider's defaults are `/dev/sda` and an image that is no longer published. */
function installPatch(node: PatchedNode): MachinePatch {
  return { machine: { install: { disk: node.disk, image: node.installerImage, wipe: false } } };
}

/**
 * The machine's name. Talos 1.12 moved it to a document of its own, and a config of that contract already has one that
 * picks a name by itself; both at once are refused ("static hostname is already set").
 */
function hostnamePatch(node: PatchedNode, contract: string): MachinePatch {
  if (compareMinors(contract, "1.12") < 0) return { machine: { network: { hostname: node.name } } };
  return { apiVersion: "v1alpha1", kind: "HostnameConfig", hostname: node.name, auto: "off" };
}

/** So that a config that is otherwise the same is sent again, and the cluster knows which generation of a machine it has. */
function generationPatch({ generation }: PatchedNode): readonly MachinePatch[] {
  return generation === 1
    ? []
    : [{ machine: { nodeAnnotations: { [generationAnnotation]: String(generation) } } }];
}

/**
 * What an endpoint that has moved leaves behind on control planes: its old name in the certificates for as long as clients
 * are on their way, and for ever the issuer of the tokens of service accounts. That is a name and no address, and under
 * another one every pod's token would be refused for up to an hour. Talos takes the endpoint for both. Source:
 * siderolabs/talos v1.12 controllers/k8s/control_plane_static_pod.go.
 */
function endpointPatch({ lastRun, cluster }: Config, role: Node["role"]): readonly MachinePatch[] {
  const { from, tokenIssuer } = endpointHistory(lastRun, cluster.endpoint);
  if (role === "worker" || (from === undefined && tokenIssuer === undefined)) return [];
  const certSANs = from === undefined ? {} : { certSANs: [new URL(from).hostname] };
  const tokens = { "service-account-issuer": tokenIssuer, "api-audiences": tokenIssuer };
  const extraArgs = tokenIssuer === undefined ? {} : { extraArgs: tokens };
  return [{ cluster: { apiServer: { ...certSANs, ...extraArgs } } }];
}

/** A machine with several addresses registers with the one inside the machines' network. */
function kubeletPatch(config: PatchingConfig): MachinePatch {
  return { machine: { kubelet: { nodeIP: { validSubnets: [config.network.nodeCidr] } } } };
}

/** Cilium is the network and replaces kube-proxy, so Talos brings neither. */
function clusterPatch(config: PatchingConfig, role: Node["role"]): MachinePatch {
  const network = {
    cni: { name: "none" },
    podSubnets: [config.network.podCidr],
    serviceSubnets: [config.network.serviceCidr],
  };
  if (role === "worker") return { cluster: { network } };
  return {
    cluster: { network, proxy: { disabled: true }, etcd: { advertisedSubnets: [config.network.nodeCidr] } },
  };
}

/**
 * The images of Kubernetes. Patches and not the generator's version: so the base config stays the same for the cluster's
 * whole life, and a preview shows every version that moves (docs/decisions/0005).
 */
function kubernetesPatch(version: string, role: Node["role"]): MachinePatch {
  const { kubelet, apiServer, controllerManager, scheduler } = imagesOf(version);
  const machine = { kubelet: { image: kubelet } };
  if (role === "worker") return { machine };
  return {
    machine,
    cluster: {
      apiServer: { image: apiServer },
      controllerManager: { image: controllerManager },
      scheduler: { image: scheduler },
    },
  };
}

/**
 * The Kubernetes that the generator is told: the newest that the contract's Talos knew, so that it stays the same for the
 * cluster's whole life, e.g. `v1.36.0` for contract `v1.13`.
 */
export function generatorKubernetes(contract: string): string {
  return `v${newestKubernetesFor(contract) ?? ""}.0`;
}
