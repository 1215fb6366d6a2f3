// Which changes of a machine config make the pods of the control plane start again, API server included: those take by far
// the longest of what Talos takes without a reboot. etcd reads its config with the next start of the machine only.
// Source: siderolabs/talos v1.12.0 internal/app/machined/pkg/controllers/k8s/control_plane.go, control_plane_static_pod.go.

const parts = [
  "apiServer",
  "controllerManager",
  "scheduler",
  // The endpoint is the issuer of service account tokens.
  "controlPlane",
  "network",
  "externalCloudProvider",
  "ca",
  "acceptedCAs",
  "aggregatorCA",
  "serviceAccount",
  "secretboxEncryptionSecret",
  "aescbcEncryptionSecret",
].map((part) => `cluster.${part}`);

/** Names of the API server's certificate: it reads a new one without a restart. */
const withoutRestart = ["cluster.apiServer.certSANs"];

const inside = (path: string, one: string): boolean => path === one || path.startsWith(`${one}.`);

/** Whether a change at this path, e.g. `cluster.apiServer.extraArgs`, starts a static pod of the control plane again. */
export function restartsStaticPods(path: string): boolean {
  return parts.some((part) => inside(path, part)) && !withoutRestart.some((part) => inside(path, part));
}
