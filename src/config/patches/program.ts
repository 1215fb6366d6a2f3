// What the program itself sets in a machine config. Pure: plain data in, patches out. Nothing here is secret, so that a preview
// can show every line of it. It is config's, because what patches of the stack config must not set follows from it (rules.ts).
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
  const { name, role, disk, installerImage: image, generation } = node;
  const { cluster, network, versions } = config;
  const nodeAnnotations = { [generationAnnotation]: String(generation) };
  return [
    // Always explicit: the provider's defaults are `/dev/sda` and an image that is no longer published.
    { machine: { install: { disk, image, wipe: false } } },
    hostnamePatch(name, cluster.talosContract),
    // A machine with several addresses registers with the one inside the machines' network.
    { machine: { kubelet: { nodeIP: { validSubnets: [network.nodeCidr] } } } },
    clusterPatch(network, role),
    kubernetesPatch(versions.kubernetes, role),
    // So that a config that is otherwise the same is sent again, and the cluster knows which generation of a machine it has.
    ...(generation === 1 ? [] : [{ machine: { nodeAnnotations } }]),
  ];
}

/**
 * The machine's name. Talos 1.12 moved it to a document of its own, and a config of that contract already has one that
 * picks a name by itself; both at once are refused ("static hostname is already set").
 */
function hostnamePatch(hostname: string, contract: string): MachinePatch {
  if (compareMinors(contract, "1.12") < 0) return { machine: { network: { hostname } } };
  return { apiVersion: "v1alpha1", kind: "HostnameConfig", hostname, auto: "off" };
}

/** Cilium is the network and replaces kube-proxy, so Talos brings neither. */
function clusterPatch(
  { nodeCidr, podCidr, serviceCidr }: Config["network"],
  role: Node["role"],
): MachinePatch {
  const network = { cni: { name: "none" }, podSubnets: [podCidr], serviceSubnets: [serviceCidr] };
  if (role === "worker") return { cluster: { network } };
  return { cluster: { network, proxy: { disabled: true }, etcd: { advertisedSubnets: [nodeCidr] } } };
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
