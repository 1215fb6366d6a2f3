// What the program sets in a machine config, so that a patch must not: two writers would take turns, and the later one
// wins without a word. The list is what the program's own patches set; a key that they set tomorrow is on it tomorrow.
import { leavesOf, type Segment } from "../walk.ts";
import { programPatches } from "./program.ts";

/** Something that is not for patches. */
export interface Forbidden {
  readonly path: readonly Segment[];
  /** Completes "… the program sets this itself → remove it". */
  readonly instead: string;
  /** Whether there is something that a patch could take away: where a contract has it elsewhere, there is not. */
  readonly isThere: boolean;
}

/** Where the stack config says what the program sets; a key without a line here follows from the program alone. */
const sources: Readonly<Record<string, string>> = {
  "machine.type": "role of the node",
  "machine.install.disk": "disk of the node",
  "machine.install.image": "schematicId and versions.talos",
  "machine.install.wipe": "generation of the node, which wipes it properly,",
  "machine.network.hostname": "name of the node",
  "machine.nodeAnnotations.home-ops.dev/generation": "generation of the node",
  "machine.kubelet.image": "versions.kubernetes",
  "machine.kubelet.nodeIP.validSubnets": "network.nodeCidr",
  "cluster.id": "secretsFile",
  "cluster.clusterName": "cluster.name",
  "cluster.controlPlane.endpoint": "cluster.endpoint",
  "cluster.etcd.advertisedSubnets": "network.nodeCidr",
  "cluster.network.cni": "versions.cilium",
  "cluster.network.podSubnets": "network.podCidr",
  "cluster.network.serviceSubnets": "network.serviceCidr",
  "cluster.apiServer.image": "versions.kubernetes",
  "cluster.controllerManager.image": "versions.kubernetes",
  "cluster.scheduler.image": "versions.kubernetes",
};

/** What the generator of the base config is told, which is no patch of the program. */
const ofTheBase: readonly (readonly Segment[])[] = [
  ["machine", "type"],
  ["cluster", "id"],
  ["cluster", "clusterName"],
  ["cluster", "controlPlane", "endpoint"],
];

/** Sections that the program sets one key of, and of which no other key would have an effect beside it. */
const wholeSections: readonly (readonly Segment[])[] = [["cluster", "network", "cni"]];

/**
 * Every path that the program sets, for machines of both roles and of every contract: what belongs into a document now still
 * must not be set in its old place.
 * @param contract that of the cluster, e.g. `v1.13`
 */
export function ownedPaths(contract = "v1.14"): readonly Forbidden[] {
  const here = new Set([...ofTheBase, ...pathsOfPatches([contract])].map((path) => path.join(".")));
  const paths = [...ofTheBase, ...pathsOfPatches(["v1.11", "v1.14", contract])].map(
    (path) => wholeSections.find((section) => section.every((key, index) => path[index] === key)) ?? path,
  );
  const unique = new Map(paths.map((path) => [path.join("."), path]));
  return [...unique].map(([key, path]) => ({
    path,
    instead: sources[key] === undefined ? "" : ` and set ${sources[key]} instead`,
    isThere: [...here].some((one) => one === key || one.startsWith(`${key}.`)),
  }));
}

/** Documents that set the same, by kind, with what to do instead. Source: siderolabs/talos pkg/machinery/config/types 1.14. */
export const ownedKinds: Readonly<Record<string, string>> = {
  HostnameConfig: "set name of the node instead",
  UnattendedInstallConfig: "set disk of the node, schematicId and versions.talos instead",
  KubeClusterConfig: "set cluster.name and cluster.endpoint instead",
  KubeNetworkConfig: "set network.podCidr and network.serviceCidr instead",
  KubeFlannelCNIConfig: "set versions.cilium instead",
  KubeProxyConfig: "leave it: Cilium takes kube-proxy's place",
  KubePrismConfig: "leave it: Cilium reaches the API through it, at localhost:7445",
  KubeletConfig: "write what you need as a piece of machine.kubelet",
  KubeNodeConfig: "write what you need as machine.nodeLabels, nodeAnnotations or nodeTaints",
  KubeAPIServerConfig: "write what you need as a piece of cluster.apiServer",
  KubeControllerManagerConfig: "write what you need as a piece of cluster.controllerManager",
  KubeSchedulerConfig: "write what you need as a piece of cluster.scheduler",
};

/** Documents with the cluster's own keys, which the program makes, by kind. */
export const keyKinds: readonly string[] = [
  "KubeAPIServerCAConfig",
  "KubeAggregatorCAConfig",
  "KubeServiceAccountConfig",
  "KubeEtcdEncryptionConfig",
  "DiscoveryIdentityConfig",
];

function pathsOfPatches(contracts: readonly string[]): readonly (readonly Segment[])[] {
  const network = { nodeCidr: "192.0.2.0/24", podCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/12" };
  const patches = (["controlplane", "worker"] as const).flatMap((role) =>
    contracts.flatMap((talosContract) =>
      programPatches(
        { name: "k8s-1", role, disk: "/dev/sda", installerImage: "installer", generation: 2 },
        { cluster: { talosContract }, network, versions: { kubernetes: "none" } },
      ),
    ),
  );
  return patches.flatMap((patch) =>
    "kind" in patch ? [] : leavesOf(patch).map(([path]) => withoutIndex(path)),
  );
}

/** A list counts as one value. */
function withoutIndex(path: readonly Segment[]): readonly Segment[] {
  const index = path.findIndex((segment) => typeof segment === "number");
  return index === -1 ? path : path.slice(0, index);
}
