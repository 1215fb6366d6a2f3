// What a changed piece of machine config costs, by its path. Talos takes everything without a reboot but what is not in
// the list here; the program sends configs in mode auto, which reboots the machine exactly then. Of the rest what makes the pods of
// the control plane start again takes by far the longest. etcd reads its config with the next start of the machine only.
// Source: siderolabs/talos v1.12.0 internal/app/machined/pkg/runtime/v1alpha1/v1alpha1_runtime.go, CanApplyImmediate, and
// controllers/k8s/control_plane.go, control_plane_static_pod.go. Change here when those functions change.

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

/** Parts that the kubelet reads or runs: it starts again, or its static pods do. */
const restarting = ["machine.kubelet", "machine.pods"];

const apiServer = [
  "apiServer",
  // The endpoint is the issuer of service account tokens.
  "controlPlane",
  "network",
  "ca",
  "acceptedCAs",
  "aggregatorCA",
  "serviceAccount",
  "secretboxEncryptionSecret",
  "aescbcEncryptionSecret",
].map((part) => `cluster.${part}`);

const others = ["controllerManager", "scheduler", "externalCloudProvider"].map((part) => `cluster.${part}`);

/** Names of the API server's certificate: it reads a new one without a restart. */
const withoutRestart = "cluster.apiServer.certSANs";

const inside = (path: string, parts: readonly string[]): boolean =>
  parts.some((part) => path === part || path.startsWith(`${part}.`));

/** Whether a change at this path of a machine config, e.g. `machine.files`, makes the machine reboot. */
export function needsReboot(path: string): boolean {
  return !inside(path, immediate);
}

/** Whether it makes the kubelet or a static pod start again. */
export function needsRestart(path: string): boolean {
  return inside(path, restarting) || restartsStaticPods(path);
}

/** Whether a change at this path, e.g. `cluster.apiServer.extraArgs`, starts the API server of a control plane again. */
export function restartsApiServer(path: string): boolean {
  return inside(path, apiServer) && !inside(path, [withoutRestart]);
}

/** Whether it starts any static pod of the control plane again, e.g. `cluster.scheduler.extraArgs`. */
export function restartsStaticPods(path: string): boolean {
  return restartsApiServer(path) || inside(path, others);
}
