// How a lab machine is made, and what can be wrong with it.
import type { MachineRegistry } from "./registry.ts";
import type { MachineRuntime } from "./runtime.ts";

/** Simulated durations, milliseconds. All 0 in unit tests. */
export interface MachineDelays {
  /** From the answer to `apply-config` until maintenance mode ends. */
  readonly applyMs: number;
  /** Installing or upgrading Talos. */
  readonly installMs: number;
  /** From power on until the API answers. */
  readonly bootMs: number;
  /** From the API's first answer until `bootstrap` is allowed (the container runtime is up). */
  readonly criMs: number;
  /**
   * From a machine's last answer until it boots again. Over a second: talosctl looks again one second after it saw the
   * services stop, and when the machine is up by then it waits for an event that has passed.
   */
  readonly rebootMs: number;
  /** How often services are looked at. */
  readonly pollMs: number;
}

/** Fit for people: a machine is installed and up about three seconds after it got its config. */
export const defaultDelays: MachineDelays = {
  applyMs: 50,
  installMs: 600,
  bootMs: 400,
  criMs: 200,
  rebootMs: 1_500,
  pollMs: 300,
};

/** A disk of a machine. */
export interface DiskSpec {
  /** e.g. `/dev/vda`. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly model: string;
  readonly serial: string;
}

/** What the cluster's Kubernetes API says, for `talosctl health` and for a machine's readiness. */
export interface KubernetesView {
  /** @throws Error while the API does not answer; its message is shown */
  nodes(): Promise<
    readonly {
      readonly name: string;
      readonly internalIP: string;
      readonly ready: boolean;
      readonly controlPlane: boolean;
      readonly schedulable: boolean;
    }[]
  >;
  /** Undefined when every control plane pod is there and ready, otherwise what is missing. */
  controlPlanePodsReady(): Promise<string | undefined>;
  /**
   * A workload of kube-system by its `k8s-app` label, `kube-proxy` or `kube-dns`. Not given: none of them exists.
   * @returns `absent`, `ready`, or what is missing
   */
  workload?(app: "kube-proxy" | "kube-dns"): Promise<string>;
}

/** What a machine is made of. */
export interface MachineOptions {
  /** Name in the lab, e.g. `k8s-1`: folder and log file are called so. The host name comes from the machine config. */
  readonly name: string;
  /** IPv4 address, e.g. `127.10.1.11`. */
  readonly address: string;
  /** Address that it has while the fault `moved` is on, e.g. `127.10.1.254`; without one it cannot move. */
  readonly otherAddress?: string;
  /** Port of the Talos API; 50000. */
  readonly port: number;
  /** Folder of this machine, e.g. `.lab/lab/machines/k8s-1`. */
  readonly dataDir: string;
  readonly logFile: string;
  /** Talos version of the ISO it boots from without an installation, e.g. `v1.12.0`. */
  readonly talosVersion: string;
  /** `defaultDelays` when not given; single ones can be given. */
  readonly delays?: Partial<MachineDelays>;
  readonly runtime: MachineRuntime;
  readonly peers: MachineRegistry;
  readonly kubernetes?: KubernetesView;
  /** One disk `/dev/vda` of 64 GiB when not given. */
  readonly disks?: readonly DiskSpec[];
  /** Memory that it claims to have, MiB; 8192 when not given. */
  readonly memoryMiB?: number;
  /**
   * Looks an image up before it is pulled.
   * @throws Error that the call answers with; one that says `not found` is told apart from others
   */
  readonly checkImage?: (image: string) => Promise<void>;
}

/** What a machine is doing. */
export type MachineState =
  | "off"
  | "maintenance"
  | "installing"
  | "booting"
  | "running"
  | "rebooting"
  | "resetting"
  | "upgrading"
  | "shutting down";

/** What can be wrong with a machine, until it is switched off again and over reboots. */
export const machineFaults = {
  off: "has no power",
  neverBack: "goes down for a reboot and stays down",
  oldImage: "boots its previous Talos after an upgrade",
  installerFails: "its installer exits 1",
  diskMissing: "the install disk is not there",
  foreign: "is a member of another cluster",
  certificatesExpired: "its API certificate is out of date",
  clockSkew: "its clock is a day ahead",
  moved: "boots with another lease: same disk, same identity, another address (`status` says which)",
  offAfterLeaving: "loses its power when it has left etcd, before anything resets it",
  offAtReset: "loses its power when it is asked to reset, with its disk as it was",
  resetRefused: "refuses to reset, as a worker in container mode does",
  resetHangs: "accepts a reset and does nothing, as a control plane in container mode does",
} as const;

/** One of `machineFaults`. */
export type FaultName = keyof typeof machineFaults;
