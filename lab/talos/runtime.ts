// What a booted Talos machine runs besides its own API: etcd, the static pods, the kubelet.
// The machine (lab/talos) drives it; lab/kubernetes implements it with real processes. Tests use a small fake.
import type { MachineConfig } from "./config.ts";

/** A member of etcd as `EtcdMemberList` reports it. Ids are decimal strings of the unsigned 64-bit id. */
export interface EtcdMember {
  readonly id: string;
  readonly hostname: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}

/** One service as `ServiceList` reports it. */
export interface ServiceStatus {
  /** e.g. `etcd`, `kubelet`. */
  readonly id: string;
  /** Talos' words: `Waiting`, `Preparing`, `Running`, `Finished`, `Failed`. */
  readonly state: "Waiting" | "Preparing" | "Running" | "Finished" | "Failed";
  readonly healthy: boolean | undefined;
  /** Last message, e.g. `Health check successful`. */
  readonly message: string;
}

/** The answer of etcd's status call on this machine. */
export interface EtcdStatus {
  readonly memberId: string;
  readonly leader: string;
  readonly isLearner: boolean;
  readonly dbSize: number;
  readonly dbSizeInUse: number;
  readonly raftIndex: string;
  readonly raftTerm: string;
  readonly raftAppliedIndex: string;
  readonly errors: readonly string[];
  readonly protocolVersion: string;
  readonly storageVersion: string;
}

/** Thrown by a runtime when a call makes no sense now; the machine answers it as a gRPC status of that name. */
export class RuntimeError extends Error {
  readonly code: "AlreadyExists" | "FailedPrecondition" | "Unavailable" | "Internal";
  constructor(code: RuntimeError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** What runs on one machine. All calls are idempotent; `stop` and `wipe` end every process they started. */
export interface MachineRuntime {
  /** The machine has booted with this config. Control plane: etcd if it has data, static pods, kubelet. Returns at once. */
  start(config: MachineConfig): Promise<void>;
  /** The config changed without a reboot: only what differs is restarted (a changed image is a changed version). */
  reconfigure(config: MachineConfig): Promise<void>;
  /** Reboot or power off: ends the processes, keeps the data. */
  stop(): Promise<void>;
  /** The EPHEMERAL partition is wiped: data of etcd and kubelet are gone. Called while stopped. */
  wipe(): Promise<void>;
  /**
   * Starts a new etcd on this machine, from a snapshot when one is given.
   * @throws RuntimeError `AlreadyExists` when the data directory is not empty
   */
  bootstrapEtcd(snapshot?: Buffer): Promise<void>;
  /** Services of this runtime: `etcd` (control plane), `kubelet`. The machine adds apid, machined, containerd, cri, … */
  services(): readonly ServiceStatus[];
  /** Names of the static pods that run here, e.g. `kube-apiserver`. */
  staticPods(): readonly string[];
  /** Whether etcd has ever begun here, whatever it does now. */
  hasEtcdData(): boolean;
  /** @throws RuntimeError `Unavailable` while etcd does not answer */
  etcdMembers(): Promise<readonly EtcdMember[]>;
  etcdStatus(): Promise<EtcdStatus>;
  etcdAlarms(): Promise<readonly { memberId: string; alarm: "NONE" | "NOSPACE" | "CORRUPT" }[]>;
  etcdSnapshot(): Promise<Buffer>;
  etcdLeave(): Promise<void>;
  /** Removes another member. @param id as in {@link etcdMembers} */
  etcdRemove(id: string): Promise<void>;
  /** Cordons and drains nothing: removes this machine's Node lease activity only. Log of a service, last lines. */
  logs(service: string, tailLines: number): Promise<string>;
}
