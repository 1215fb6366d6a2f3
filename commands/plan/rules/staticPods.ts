// Which changes of a machine config make the pods of the control plane start again: those take by far the longest of what
// Talos takes without a reboot. etcd reads its config with the next start of the machine only.
// Source: siderolabs/talos v1.12.0 internal/app/machined/pkg/controllers/k8s/control_plane.go, control_plane_static_pod.go.

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
].map(inCluster);

const others = ["controllerManager", "scheduler", "externalCloudProvider"].map(inCluster);

/** Names of the API server's certificate: it reads a new one without a restart. */
const withoutRestart = "cluster.apiServer.certSANs";

/** Whether a change at this path, e.g. `cluster.apiServer.extraArgs`, starts the API server of a control plane again. */
export function restartsApiServer(path: string): boolean {
  return apiServer.some((part) => isInside(path, part)) && !isInside(path, withoutRestart);
}

/** Whether it starts any static pod of the control plane again, e.g. `cluster.scheduler.extraArgs`. */
export function restartsStaticPods(path: string): boolean {
  return restartsApiServer(path) || others.some((part) => isInside(path, part));
}

function inCluster(part: string): string {
  return `cluster.${part}`;
}

function isInside(path: string, part: string): boolean {
  return path === part || path.startsWith(`${part}.`);
}
