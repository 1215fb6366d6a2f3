// How long things take on machines of a home. Guesses with a reason, meant to tell a coffee from an evening; a lab is
// much faster, a server that tests its memory at every boot much slower.

/** Size of the cluster and what its stack allows. */
export interface Size {
  readonly controlPlanes: number;
  readonly workers: number;
  readonly drainSeconds: number;
}

/** A boot of a small machine: firmware, Talos, kubelet registered. */
const bootSeconds = 90;

/** Writing the image to the disk; it has been pulled before. */
const installSeconds = 45;

/** Between two machines: etcd whole again, node Ready. */
const settleSeconds = 30;

/** Pods end within their 30 s of grace, replicas elsewhere become Ready; longer only where a budget holds it up. */
const usualDrainSeconds = 60;

/** Seconds by kind of work. */
export const estimates = {
  look: () => 1,
  write: () => 5,
  /** Snapshot of etcd, and the new image pulled on all machines at once: 150 MB over a home's line. */
  prepare: () => 60,
  /** One machine to another Talos. */
  upgradeMachine: ({ drainSeconds, controlPlanes, workers }) =>
    (controlPlanes + workers > 1 ? Math.min(drainSeconds, usualDrainSeconds) : 0) +
    installSeconds +
    bootSeconds +
    settleSeconds,
  /** `talosctl upgrade-k8s`: images pulled, then per control plane three pods and everywhere the kubelet, one by one. */
  upgradeKubernetes: ({ controlPlanes, workers }) => 60 + 75 * controlPlanes + 20 * (controlPlanes + workers),
  reboot: () => bootSeconds + settleSeconds,
  restartService: () => 30,
  /**
   * A config that restarts the pods of a control plane: up to 20 s until its kubelet sees it, 40 s for the API server to end
   * and to start. A single one takes the other pods down with it (Talos 1.13, tried: 185 s).
   */
  restartStaticPods: ({ controlPlanes }) => (controlPlanes === 1 ? 180 : 60),
  /** Drain, leave etcd, erase, back in maintenance mode. */
  wipe: ({ drainSeconds }) => Math.min(drainSeconds, usualDrainSeconds) + bootSeconds + 30,
  /** From maintenance mode to running: image pulled, installed, booted. */
  install: () => 60 + installSeconds + bootSeconds,
  /** etcd from nothing, the API answers. */
  bootstrap: () => 90,
  /** Images pulled, the agents one after the other, two at a time. */
  cilium: ({ controlPlanes, workers }) => 60 + 15 * (controlPlanes + workers),
  /** Controllers pulled, started, Ready. */
  flux: () => 60,
  /** Flux has read the tree, and everything in it is applied and Ready. */
  tree: () => 90,
} as const satisfies Record<string, (size: Size) => number>;

/** Work that a machine does by itself while the program goes on with the next: it counts once for all of them. */
export const together: readonly Work[] = ["install"];

/** A kind of work. */
export type Work = keyof typeof estimates;
