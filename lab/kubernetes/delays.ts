// How long things take that Talos and Kubernetes do by themselves. On real machines most of it is a matter of a minute;
// here each is as short as it can be while its order against everything else stays the same.

/** Durations, milliseconds. */
export interface ClusterDelays {
  /** From etcd's health until the static pods are started. Real: the API answers 8 s after the kubeconfig can be had. */
  readonly staticPodsMs: number;
  /** From another control plane config until the pods that it makes different end. Real: 4 to 17 s. */
  readonly restartMs: number;
  /** From the answer of the only API server until KubePrism leads to it. Real: up to 60 s. */
  readonly kubePrismMs: number;
  /** From the API's first answer until Talos has applied what lets a kubelet register. Real: about 60 s. */
  readonly manifestsMs: number;
  /** How long a new member of etcd is a learner at least. Real: 50 to 65 s. */
  readonly learnerMs: number;
}

/** A lab's. */
export const clusterDelays: ClusterDelays = {
  staticPodsMs: 1_500,
  restartMs: 3_000,
  kubePrismMs: 2_000,
  manifestsMs: 2_000,
  learnerMs: 3_000,
};
