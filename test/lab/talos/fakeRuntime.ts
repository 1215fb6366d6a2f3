// A machine's runtime for tests of the machine itself: etcd is a list of names, nothing is started.
import { StaticPodCounter, staticPodNames } from "../../../lab/talos/config/staticPods.ts";
import type { StaticPodName, StaticPodVersions } from "../../../lab/talos/config/staticPods.ts";
import type {
  EtcdMember,
  EtcdStatus,
  MachineRuntime,
  ServiceStatus,
  StaticPod,
} from "../../../lab/talos/runtime.ts";
import { RuntimeError } from "../../../lab/talos/runtime.ts";
import type { MachineConfig } from "../../../lab/talos/config.ts";

/** The etcd cluster that all fake runtimes of one test share. */
export interface FakeEtcd {
  members: EtcdMember[];
}

/** Remembers what it was asked for in `calls`, e.g. `["start", "stop", "wipe"]`. */
export class FakeRuntime implements MachineRuntime {
  readonly calls: string[] = [];
  readonly etcd: FakeEtcd;
  readonly #counter = new StaticPodCounter();
  readonly address: string;
  config: MachineConfig | undefined;
  running = false;
  /** The etcd data directory has something in it. */
  hasData = false;
  /** The snapshot that etcd was last bootstrapped from. */
  snapshot: Buffer | undefined;

  constructor(address: string, etcd: FakeEtcd) {
    this.address = address;
    this.etcd = etcd;
  }

  start(config: MachineConfig): Promise<void> {
    this.calls.push("start");
    this.config = config;
    this.running = true;
    // As on Talos, further control planes join by themselves once there is an etcd.
    if (config.type === "controlplane" && !this.hasData && this.etcd.members.length > 0) this.#join();
    return Promise.resolve();
  }

  reconfigure(config: MachineConfig): Promise<void> {
    this.calls.push("reconfigure");
    this.config = config;
    return Promise.resolve();
  }

  stop(): Promise<void> {
    if (this.running) this.calls.push("stop");
    this.running = false;
    return Promise.resolve();
  }

  wipe(): Promise<void> {
    this.calls.push("wipe");
    this.hasData = false;
    this.etcd.members = this.etcd.members.filter(({ id }) => id !== this.#id());
    return Promise.resolve();
  }

  bootstrapEtcd(snapshot?: Buffer): Promise<void> {
    this.calls.push("bootstrapEtcd");
    if (this.hasData)
      return Promise.reject(new RuntimeError("AlreadyExists", "etcd data directory is not empty"));
    this.snapshot = snapshot;
    this.#join();
    return Promise.resolve();
  }

  services(): readonly ServiceStatus[] {
    if (!this.running) return [];
    const kubelet: ServiceStatus = {
      id: "kubelet",
      state: "Running",
      healthy: true,
      message: "Health check successful",
    };
    if (this.config?.type !== "controlplane") return [kubelet];
    const etcd: ServiceStatus = this.hasData
      ? { id: "etcd", state: "Running", healthy: true, message: "Health check successful" }
      : { id: "etcd", state: "Preparing", healthy: undefined, message: "Running pre state" };
    return [etcd, kubelet];
  }

  staticPods(): readonly StaticPod[] {
    const versions = this.staticPodVersions();
    if (!this.hasData || versions === undefined) return [];
    return staticPodNames.map((name) => ({
      name,
      image: "",
      versions: versions[name],
      hash: name,
      ready: true,
      started: new Date(0),
    }));
  }

  staticPodVersions(): Readonly<Record<StaticPodName, StaticPodVersions>> | undefined {
    return this.config?.type === "controlplane" ? this.#counter.of(this.config) : undefined;
  }

  etcdRuns(): boolean {
    return this.running && this.hasData;
  }

  hasEtcdData(): boolean {
    return this.hasData;
  }

  etcdMembers(): Promise<readonly EtcdMember[]> {
    return this.#up() ?? Promise.resolve(this.etcd.members);
  }

  etcdStatus(): Promise<EtcdStatus> {
    const status: EtcdStatus = {
      memberId: this.#id(),
      leader: this.etcd.members[0]?.id ?? "0",
      isLearner: false,
      dbSize: 4096,
      dbSizeInUse: 2048,
      raftIndex: "10",
      raftTerm: "2",
      raftAppliedIndex: "10",
      errors: [],
      protocolVersion: "3.6.7",
      storageVersion: "3.6.0",
    };
    return this.#up() ?? Promise.resolve(status);
  }

  etcdAlarms(): Promise<readonly { memberId: string; alarm: "NONE" | "NOSPACE" | "CORRUPT" }[]> {
    return this.#up() ?? Promise.resolve([]);
  }

  etcdSnapshot(): Promise<Buffer> {
    return this.#up() ?? Promise.resolve(Buffer.alloc(100_000, "s"));
  }

  etcdRemove(): Promise<void> {
    return Promise.resolve();
  }

  etcdLeave(): Promise<void> {
    if (this.etcd.members.length === 1)
      return Promise.reject(new RuntimeError("FailedPrecondition", "failed to leave cluster: last member"));
    this.etcd.members = this.etcd.members.filter(({ id }) => id !== this.#id());
    return Promise.resolve();
  }

  logs(service: string, tailLines: number): Promise<string> {
    return Promise.resolve(`last ${String(tailLines)} lines of ${service}\n`);
  }

  #join(): void {
    this.hasData = true;
    this.etcd.members.push({
      id: this.#id(),
      hostname: this.config?.hostname ?? "",
      peerUrls: [`https://${this.address}:2380`],
      clientUrls: [`https://${this.address}:2379`],
      isLearner: false,
    });
  }

  // Larger than a double can hold, as real ids are.
  #id(): string {
    return String(17_000_000_000_000_000_000n + BigInt(this.address.split(".")[3] ?? 0));
  }

  #up(): Promise<never> | undefined {
    if (this.running && this.hasData) return undefined;
    return Promise.reject(
      new RuntimeError("Unavailable", "failed to create etcd client: context deadline exceeded"),
    );
  }
}
