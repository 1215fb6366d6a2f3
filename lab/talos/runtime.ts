// What a booted Talos machine runs besides its own API: etcd, the static pods, the kubelet.
// The machine (lab/talos) drives it; lab/kubernetes implements it with real processes. Tests use a small fake.
import type { MachineConfig } from "./config.ts";
import type { StaticPodName, StaticPodVersions } from "./config/staticPods.ts";

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

/** A static pod that runs, or ran last and is about to be started again. */
export interface StaticPod {
  readonly name: StaticPodName;
  /** Image that it runs, e.g. `registry.k8s.io/kube-apiserver:v1.35.4`. */
  readonly image: string;
  /** What it was made of; older than what the config asks for until it has been restarted. */
  readonly versions: StaticPodVersions;
  /** Of all that it is made of: another one is another pod. */
  readonly hash: string;
  readonly ready: boolean;
  readonly started: Date;
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
  readonly code: "AlreadyExists" | "FailedPrecondition" | "Unavailable" | "Internal" | "Unknown";
  constructor(code: RuntimeError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** What runs on one machine. All calls are idempotent; `stop` and `wipe` end every process they started. */
export interface MachineRuntime {
  /** The machine has booted with this config. Control plane: etcd if it has data, static pods, kubelet. Returns at once. */
  start(config: MachineConfig): Promise<void>;
  /** The config changed without a reboot: only what differs is restarted, some seconds after this has returned. */
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
  /** The static pods of this machine; none before they have been started. */
  staticPods(): readonly StaticPod[];
  /** Versions that static pods made of the config now have; undefined on a worker and without a config. */
  staticPodVersions(): Readonly<Record<StaticPodName, StaticPodVersions>> | undefined;
  /** Whether etcd runs, so that it can be asked. While it does not, Talos leaves a question about it without an answer. */
  etcdRuns(): boolean;
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
