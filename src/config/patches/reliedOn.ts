// What the program does not set but works with: another value breaks the cluster, mostly long after the run that brought it.
import type { Segment } from "../walk.ts";

/** A value that must stay as Talos has it by itself. */
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
    path: ["cluster", "network", "dnsDomain"],
    allowed: ["cluster.local"],
    isThere: true,
    reason: "Flux's controllers find each other by names in cluster.local",
    todo: "remove it",
  },
];
