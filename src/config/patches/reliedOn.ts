// What the program does not set but works with: another value breaks the cluster, mostly long after the run that brought it, or
// has no effect on a Node that is there already (docs/decisions/0018).
import type { Segment } from "../walk.ts";

/** A value that must stay as Talos has it by itself, or that would have no effect. */
export interface ReliedOn {
  readonly path: readonly Segment[];
  /** The values that are right; none: it must not be set at all. */
  readonly allowed: readonly unknown[];
  /** Whether the generated config says so, and a patch could take it away. */
  readonly isThere?: boolean;
  /** What would happen. */
  readonly reason: string;
  /** What to do instead. */
  readonly todo: string;
}

/** KubePrism's port, at which Cilium reaches the API (cluster/bootstrap/cilium/values.yaml). Talos' own default. */
const kubePrismPort = 7445;

const kubePrism = "Cilium reaches the Kubernetes API at localhost:7445 and would be cut off from it";
const onlyOnce = "it counts only when a machine registers for the first time, and never again";
const talosOwn = "Talos sets it on control planes";
const controlPlane = "node-role.kubernetes.io/control-plane";
const off = [false, null];
const nodeName = "the program knows every Node by the name in nodes, and would wait for it in vain";

/** The list, each with its reason. */
export const reliedOn: readonly ReliedOn[] = [
  {
    path: ["machine", "install", "diskSelector"],
    allowed: [],
    reason: "it wins over disk of the node, so that another disk would be erased",
    todo: "remove it and set disk of the node, e.g. to a link below /dev/disk/by-id, which stays the same whatever the order of the disks",
  },
  {
    path: ["machine", "features", "kubePrism", "enabled"],
    allowed: [true],
    isThere: true,
    reason: kubePrism,
    todo: "remove it",
  },
  {
    path: ["machine", "features", "kubePrism", "port"],
    allowed: [kubePrismPort],
    isThere: true,
    reason: kubePrism,
    todo: "remove it",
  },
  {
    path: ["machine", "kubelet", "skipNodeRegistration"],
    allowed: [false],
    reason: "no Node would appear for the machine, and the program waits for it",
    todo: "remove it",
  },
  {
    path: ["machine", "kubelet", "registerWithFQDN"],
    allowed: [false],
    reason: nodeName,
    todo: "remove it and set name of the node instead",
  },
  {
    path: ["machine", "kubelet", "extraArgs", "hostname-override"],
    allowed: [],
    reason: nodeName,
    todo: "remove it and set name of the node instead",
  },
  {
    path: ["machine", "kubelet", "extraArgs", "node-labels"],
    allowed: off,
    reason: onlyOnce,
    todo: "write the labels under machine.nodeLabels",
  },
  {
    path: ["machine", "kubelet", "extraArgs", "register-with-taints"],
    allowed: off,
    reason: onlyOnce,
    todo: "write the taints under machine.nodeTaints",
  },
  {
    path: ["machine", "kubelet", "extraConfig", "registerWithTaints"],
    allowed: off,
    reason: onlyOnce,
    todo: "write the taints under machine.nodeTaints",
  },
  {
    path: ["machine", "nodeLabels", controlPlane],
    allowed: off,
    reason: talosOwn,
    todo: "set role of the node instead",
  },
  {
    path: ["machine", "nodeTaints", controlPlane],
    allowed: off,
    reason: talosOwn,
    todo: "set cluster.allowSchedulingOnControlPlanes in patches.controlplane instead",
  },
  {
    path: ["cluster", "network", "dnsDomain"],
    allowed: ["cluster.local"],
    isThere: true,
    reason: "Flux's controllers find each other by names in cluster.local",
    todo: "remove it",
  },
];
