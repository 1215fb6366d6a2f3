// What a changed piece of machine config costs, by its path. Talos takes everything without a reboot but what is not in
// this list; the program sends configs in mode auto, which reboots the machine exactly then.
// Source: siderolabs/talos v1.12.0 internal/app/machined/pkg/runtime/v1alpha1/v1alpha1_runtime.go, CanApplyImmediate.
// Change here when that function changes.

/** Parts of `machine` that are taken at once. */
const immediateMachine = [
  "ca",
  "acceptedCAs",
  "time",
  "certSANs",
  "install",
  "network",
  "sysfs",
  "sysctls",
  "logging",
  "controlPlane",
  "kubelet",
  "kernel",
  "registries",
  "pods",
  "seccompProfiles",
  "nodeAnnotations",
  "nodeLabels",
  "nodeTaints",
  "features.kubernetesTalosAPIAccess",
  "features.kubePrism",
  "features.hostDNS",
  "features.imageCache",
  "features.nodeAddressSortAlgorithm",
];

/** What is taken at once: these, and all other documents (the function compares the main one only). */
const immediate = ["debug", "cluster", "documents", ...immediateMachine.map((part) => `machine.${part}`)];

/**
 * Parts from which Talos writes the API server's pod and files, or etcd's: what changes in them starts it again. Source:
 * siderolabs/talos v1.12.0 internal/app/machined/pkg/controllers/k8s/control_plane.go, control_plane_static_pod.go.
 */
const apiServer = [
  "cluster.apiServer",
  "cluster.etcd",
  // The issuer of service account tokens is the endpoint.
  "cluster.controlPlane",
  "cluster.network",
  "cluster.ca",
  "cluster.acceptedCAs",
  "cluster.aggregatorCA",
  "cluster.serviceAccount",
  "cluster.secretboxEncryptionSecret",
  "cluster.aescbcEncryptionSecret",
];

/** Parts whose change starts the process again that reads them: kubelet, etcd, static pods, the control plane's pods. */
const restarting = [
  ...apiServer,
  "machine.kubelet",
  "machine.pods",
  "cluster.controllerManager",
  "cluster.scheduler",
];

const inside = (path: string, parts: readonly string[]): boolean =>
  parts.some((part) => path === part || path.startsWith(`${part}.`));

/** Whether a change at this path of a machine config, e.g. `machine.files`, makes the machine reboot. */
export function needsReboot(path: string): boolean {
  return !inside(path, immediate);
}

/** Whether it makes the kubelet, etcd or a pod of the control plane start again. */
export function needsRestart(path: string): boolean {
  return inside(path, restarting);
}

/** Whether it makes the API server of a control plane, or its etcd, start again. */
export function reachesApiServer(path: string): boolean {
  return inside(path, apiServer);
}
