// What the program itself sets in a machine config. Pure: plain data in, patches out. Nothing here is secret, so that a preview
// can show every line of it. It is config's, because what patches of the stack config must not set follows from it (owned.ts).
import { compareMinors } from "../../versions/version.ts";
import type { Config, Node } from "../config.ts";
import { imagesOf } from "../kubernetesImages.ts";

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

/** Annotation of the Node, e.g. `home-ops.dev/generation: "2"`. A first generation has none. */
export const generationAnnotation = "home-ops.dev/generation";

/** The program's own patches of one machine. */
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
