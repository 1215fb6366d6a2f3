// Where the parts of Kubernetes come from. Source: siderolabs/talos pkg/machinery/constants.

/** The images of one version. */
export interface KubernetesImages {
  readonly kubelet: string;
  readonly apiServer: string;
  readonly controllerManager: string;
  readonly scheduler: string;
}

/** @param version e.g. `v1.36.3` */
export function imagesOf(version: string): KubernetesImages {
  return {
    kubelet: `ghcr.io/siderolabs/kubelet:${version}`,
    apiServer: `registry.k8s.io/kube-apiserver:${version}`,
    controllerManager: `registry.k8s.io/kube-controller-manager:${version}`,
    scheduler: `registry.k8s.io/kube-scheduler:${version}`,
  };
}
