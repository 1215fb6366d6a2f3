// Where the parts of Kubernetes come from. Source: siderolabs/talos pkg/machinery/constants.

type Part = "kubelet" | "apiServer" | "controllerManager" | "scheduler";

/** The images of one version. @param version e.g. `v1.36.3` */
export function imagesOf(version: string): Readonly<Record<Part, string>> {
  return {
    kubelet: `ghcr.io/siderolabs/kubelet:${version}`,
    apiServer: `registry.k8s.io/kube-apiserver:${version}`,
    controllerManager: `registry.k8s.io/kube-controller-manager:${version}`,
    scheduler: `registry.k8s.io/kube-scheduler:${version}`,
  };
}
