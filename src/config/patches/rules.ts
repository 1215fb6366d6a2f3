// What patches must leave alone in a machine config: the cluster's secrets, what the program sets itself (two writers would
// take turns, and the later one wins without a word), and what it works with (docs/decisions/0018).
import { leavesOf, type Segment } from "../walk.ts";
import { programPatches } from "./program.ts";

type Path = readonly Segment[];

/** What is wrong, and what to do. */
type Advice = readonly [message: string, todo: string];

/** A value that is not for patches. */
export interface Rule {
  readonly path: Path;
  /** Values that are right all the same, since the program or Talos has them. */
  readonly allowed: readonly unknown[];
  /** About any other. @param shown the value */
  readonly set: (shown: string) => Advice;
  /** About taking it away; undefined where nothing is there that a patch could take away. */
  readonly taken?: Advice | undefined;
}

const makesKeys = ": the program makes these keys, or takes them from secretsFile";

/** Secrets of the cluster. */
const secretRules: readonly Rule[] = [
  ["machine", "token"],
  ["machine", "ca"],
  ["cluster", "secret"],
  ["cluster", "token"],
  ["cluster", "ca"],
  ["cluster", "aggregatorCA"],
  ["cluster", "serviceAccount"],
  ["cluster", "etcd", "ca"],
  ["cluster", "aescbcEncryptionSecret"],
  ["cluster", "secretboxEncryptionSecret"],
].map((path) => {
  const advice: Advice = ["is a secret of the cluster", `remove it${makesKeys}`];
  return { path, allowed: [], set: () => advice, taken: advice };
});

/** Whether a path is that of a secret of the cluster, or inside of one. */
export function isClusterSecret(path: Path): boolean {
  return secretRules.some((rule) => rule.path.every((segment, index) => path[index] === segment));
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
const ofTheBase: readonly Path[] = [
  ["machine", "type"],
  ["cluster", "id"],
  ["cluster", "clusterName"],
  ["cluster", "controlPlane", "endpoint"],
];

/**
 * Every path that the program sets, for machines of both roles and of every contract: what belongs into a document now still
 * must not be set in its old place. A key that the program's patches set tomorrow is on this list tomorrow.
 */
function ownedRules(contract: string): readonly Rule[] {
  const here = pathsSet([contract]).map((path) => path.join("."));
  const paths = new Map(pathsSet(["v1.11", "v1.14", contract]).map((path) => [path.join("."), path]));
  return [...paths].map(([key, path]) => ({
    path,
    allowed: [],
    set: (shown) => [
      `holds ${shown}, but the program sets this itself`,
      `remove it${sources[key] === undefined ? "" : ` and set ${sources[key]} instead`}`,
    ],
    taken: here.includes(key) ? ["takes away what the program sets", "remove it"] : undefined,
  }));
}

function pathsSet(contracts: readonly string[]): readonly Path[] {
  const network = { nodeCidr: "192.0.2.0/24", podCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/12" };
  const patches = (["controlplane", "worker"] as const).flatMap((role) =>
    contracts.flatMap((talosContract) =>
      programPatches(
        { name: "k8s-1", role, disk: "/dev/sda", installerImage: "installer", generation: 2 },
        { cluster: { talosContract }, network, versions: { kubernetes: "none" } },
      ),
    ),
  );
  const leaves = patches.flatMap((patch) => ("kind" in patch ? [] : leavesOf(patch)));
  return [...ofTheBase, ...leaves.map(([path]) => sectionOf(path))];
}

/** A list counts as one value; and of `cni` no other key would have an effect beside the one that the program sets. */
function sectionOf(path: Path): Path {
  const index = path.findIndex((segment) => typeof segment === "number");
  return path.slice(0, path[2] === "cni" ? 3 : index === -1 ? undefined : index);
}

const kubePrism = "Cilium reaches the Kubernetes API at localhost:7445 and would be cut off from it";
const onlyOnce = "it counts only when a machine registers for the first time, and never again";
const talosOwn = "Talos sets it on control planes";
const controlPlane = "node-role.kubernetes.io/control-plane";
const off = [false, null];
const nodeName = "the program knows every Node by the name in nodes, and would wait for it in vain";
const setName = "remove it and set name of the node instead";
const writeTaints = "write the taints under machine.nodeTaints";

/** Another value breaks the cluster, mostly long after the run that brought it, or has no effect on a Node that is there. */
const reliedOn: readonly Rule[] = [
  relied(
    ["machine", "install", "diskSelector"],
    [],
    "it wins over disk of the node, so that another disk would be erased",
    "remove it and set disk of the node, e.g. to a link below /dev/disk/by-id, which stays the same whatever the order of the disks",
  ),
  generated(["machine", "features", "kubePrism", "enabled"], true, kubePrism),
  // Talos' own default, at which Cilium reaches the API (cluster/bootstrap/cilium/values.yaml).
  generated(["machine", "features", "kubePrism", "port"], 7445, kubePrism),
  relied(
    ["machine", "kubelet", "skipNodeRegistration"],
    [false],
    "no Node would appear for the machine, and the program waits for it",
    "remove it",
  ),
  relied(["machine", "kubelet", "registerWithFQDN"], [false], nodeName, setName),
  relied(["machine", "kubelet", "extraArgs", "hostname-override"], [], nodeName, setName),
  relied(
    ["machine", "kubelet", "extraArgs", "node-labels"],
    off,
    onlyOnce,
    "write the labels under machine.nodeLabels",
  ),
  relied(["machine", "kubelet", "extraArgs", "register-with-taints"], off, onlyOnce, writeTaints),
  relied(["machine", "kubelet", "extraConfig", "registerWithTaints"], off, onlyOnce, writeTaints),
  relied(["machine", "nodeLabels", controlPlane], off, talosOwn, "set role of the node instead"),
  relied(
    ["machine", "nodeTaints", controlPlane],
    off,
    talosOwn,
    "set cluster.allowSchedulingOnControlPlanes in patches.controlplane instead",
  ),
  generated(
    ["cluster", "network", "dnsDomain"],
    "cluster.local",
    "Flux's controllers find each other by names in cluster.local",
  ),
];

function relied(path: Path, allowed: readonly unknown[], reason: string, todo: string): Rule {
  return { path, allowed, set: (shown) => [`${shown} must not be: ${reason}`, todo] };
}

/** The generated config says so, and a patch could take it away. */
function generated(path: Path, value: unknown, reason: string): Rule {
  const taken = [`must stay: ${reason}`, "take the deletion of it out of the patch"] as const;
  return { ...relied(path, [value], reason, "remove it"), taken };
}

/** All of them. @param contract that of the cluster, e.g. `v1.13` */
export function patchRules(contract = "v1.14"): readonly Rule[] {
  return [...secretRules, ...ownedRules(contract), ...reliedOn];
}

/**
 * Documents that set the same, or have the cluster's own keys, by kind; completes "remove it". Source: siderolabs/talos
 * pkg/machinery/config/types 1.14.
 */
export const ownedKinds: Readonly<Record<string, string>> = {
  HostnameConfig: " and set name of the node instead",
  UnattendedInstallConfig: " and set disk of the node, schematicId and versions.talos instead",
  KubeClusterConfig: " and set cluster.name and cluster.endpoint instead",
  KubeNetworkConfig: " and set network.podCidr and network.serviceCidr instead",
  KubeFlannelCNIConfig: " and set versions.cilium instead",
  KubeProxyConfig: " and leave it: Cilium takes kube-proxy's place",
  KubePrismConfig: " and leave it: Cilium reaches the API through it, at localhost:7445",
  KubeletConfig: " and write what you need as a piece of machine.kubelet",
  KubeNodeConfig: " and write what you need as machine.nodeLabels, nodeAnnotations or nodeTaints",
  KubeAPIServerConfig: " and write what you need as a piece of cluster.apiServer",
  KubeControllerManagerConfig: " and write what you need as a piece of cluster.controllerManager",
  KubeSchedulerConfig: " and write what you need as a piece of cluster.scheduler",
  KubeAPIServerCAConfig: makesKeys,
  KubeAggregatorCAConfig: makesKeys,
  KubeServiceAccountConfig: makesKeys,
  KubeEtcdEncryptionConfig: makesKeys,
  DiscoveryIdentityConfig: makesKeys,
};
