// What one machine runs once it has a config: etcd, the static pods, the kubelet. Real processes for a control plane, a
// stand-in for the kubelet. Nothing here is asked to be ready at once: as on Talos, a machine keeps trying until its
// cluster is bootstrapped or a peer lets it join.
import { appendFileSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ports, type LabMachine } from "../layout.ts";
import { tool, type Toolbox } from "../../tools/toolbox.ts";
import type { MachineConfig } from "../talos/config.ts";
import {
  RuntimeError,
  type EtcdMember,
  type EtcdStatus,
  type MachineRuntime,
  type ServiceStatus,
  type StaticPod,
} from "../talos/runtime.ts";
import { StaticPodCounter, type StaticPodName, type StaticPodVersions } from "../talos/config/staticPods.ts";
import { ControlPlane } from "./controlPlane.ts";
import { writeControlPlaneFiles, type ControlPlaneFiles } from "./controlPlaneFiles.ts";
import type { ClusterDelays } from "./delays.ts";
import { Etcd } from "./etcd.ts";
import { Kubelet } from "./kubelet.ts";
import type { LogSource } from "./kubeletServer.ts";

/** What a machine's runtime asks of the lab. */
export interface RuntimeOptions {
  readonly machine: Pick<LabMachine, "name">;
  /** IPv4 address; another one after a boot perhaps. */
  readonly address: () => string;
  readonly delays: ClusterDelays;
  /** The EPHEMERAL partition, e.g. `.lab/lab/machines/k8s-1/ephemeral`. Wiped by a reset. */
  readonly dataDir: string;
  /** Folder of all logs. */
  readonly logs: string;
  readonly toolbox: Toolbox;
  /** Running Talos, e.g. `v1.12.0`. */
  readonly talosVersion: () => string;
  /** Of the boot that runs. */
  readonly bootId: () => string;
  /** Other machines of the same cluster whose control plane runs. */
  readonly peers: (clusterId: string) => readonly HostRuntime[];
  /** A control plane came up or went down. */
  readonly onChange: () => void;
  /** Whether KubePrism of the cluster's machines leads to an API server. */
  readonly kubePrismOpen: () => boolean;
  /** Logs of pods that are programs. */
  readonly podLogs: LogSource;
}

/** What can be wrong with what a control plane runs, until it is switched off again and over reboots. */
export const runtimeFaults = {
  "etcd-down": "its etcd ends",
  "etcd-unhealthy": "its etcd runs, but Talos finds it unhealthy",
  "api-down": "its API server ends",
} as const;

/** One of `runtimeFaults`. */
export type RuntimeFault = keyof typeof runtimeFaults;

const retryMs = 500;
const pollMs = 100;

/** Longer than a watch of services takes to look again (lab/talos/cosi/service.ts): upgrade-k8s waits to see it gone. */
const kubeletRestartMs = 500;

/** The runtime of one machine. */
export class HostRuntime implements MachineRuntime {
  readonly #options: RuntimeOptions;
  #config: MachineConfig | undefined;
  #etcd: Etcd | undefined;
  #controlPlane: ControlPlane | undefined;
  #kubelet: Kubelet | undefined;
  /** Not on its way out of the cluster. */
  #up = false;
  #counter = new StaticPodCounter();
  #versions: Readonly<Record<StaticPodName, StaticPodVersions>> | undefined;
  readonly #faults = new Set<RuntimeFault>();
  #bootstrapping = false;
  #kubeletRestarts = false;
  #lastNote = "";
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: RuntimeOptions) {
    this.#options = options;
  }

  /** The config with which the machine runs; undefined while it runs nothing. */
  get config(): MachineConfig | undefined {
    return this.#config;
  }

  get address(): string {
    return this.#options.address();
  }

  /** Whether its control plane has been started: its API server may be about to be restarted. */
  get holds(): boolean {
    return this.#up && this.#controlPlane !== undefined && this.#etcd?.running === true;
  }

  /** Whether the API server of this machine serves. One without its etcd loses the cluster's endpoint, as with Talos' VIP. */
  get serves(): boolean {
    return this.holds && this.#controlPlane?.running === true;
  }

  /** This machine's member, for a peer that wants to join. */
  get etcd(): Etcd | undefined {
    return this.#etcd;
  }

  async start(config: MachineConfig): Promise<void> {
    await this.stop();
    this.#config = config;
    this.#stop = new AbortController();
    this.#startKubelet(config);
    if (config.type === "controlplane") {
      this.#counter = new StaticPodCounter();
      this.#versions = this.#counter.of(config);
      const files = await writeControlPlaneFiles(this.#path("secrets"), config, this.address);
      this.#etcd = this.#newEtcd(config, files);
      this.#running = this.#bringUp(config, files, this.#etcd, this.#stop.signal);
    }
  }

  async reconfigure(config: MachineConfig): Promise<void> {
    if (this.#config === undefined) return;
    const newKubelet = this.#config.kubelet.image !== config.kubelet.image;
    this.#config = config;
    await this.#kubelet?.stop();
    if (newKubelet) await this.#restartKubeletService();
    this.#startKubelet(config);
    if (config.type !== "controlplane") return;
    this.#versions = this.#counter.of(config);
    const files = await writeControlPlaneFiles(this.#path("secrets"), config, this.address);
    this.#controlPlane?.reconfigure({ config, versions: this.#versions, files });
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#up = false;
    this.#options.onChange();
    await this.#kubelet?.stop();
    this.#kubelet = undefined;
    await this.#running;
    await this.#controlPlane?.stop();
    this.#controlPlane = undefined;
    await this.#etcd?.stop();
    this.#etcd = undefined;
    this.#config = undefined;
    this.#versions = undefined;
    this.#bootstrapping = false;
  }

  async wipe(): Promise<void> {
    await this.stop();
    rmSync(this.#options.dataDir, { recursive: true, force: true });
  }

  async bootstrapEtcd(snapshot?: Buffer): Promise<void> {
    const etcd = this.#etcd;
    if (etcd === undefined)
      throw new RuntimeError("FailedPrecondition", "bootstrap can only be performed on a control plane node");
    if (this.#bootstrapping || etcd.hasData)
      throw new RuntimeError("AlreadyExists", "etcd data directory is not empty");
    this.#bootstrapping = true;
    try {
      if (snapshot !== undefined) await etcd.restore(snapshot);
      await etcd.start("new");
    } catch (error) {
      this.#bootstrapping = false;
      throw error;
    }
  }

  services(): readonly ServiceStatus[] {
    const config = this.#config;
    if (config === undefined) return [];
    const kubelet = this.#kubeletRestarts ? finishedService("kubelet") : healthyService("kubelet");
    if (config.type === "worker") return [kubelet];
    return [this.#etcdService(), kubelet];
  }

  hasEtcdData(): boolean {
    return this.#etcd?.hasData === true;
  }

  etcdRuns(): boolean {
    return this.#etcd?.running === true;
  }

  staticPods(): readonly StaticPod[] {
    if (!this.#up) return [];
    const etcd = this.etcdRuns();
    return (this.#controlPlane?.pods ?? []).map((pod) =>
      // An API server whose etcd is away is not ready.
      pod.name === "kube-apiserver" && !etcd ? { ...pod, ready: false } : pod,
    );
  }

  staticPodVersions(): Readonly<Record<StaticPodName, StaticPodVersions>> | undefined {
    return this.#versions;
  }

  async etcdMembers(): Promise<readonly EtcdMember[]> {
    return this.#runningEtcd().members();
  }

  async etcdStatus(): Promise<EtcdStatus> {
    return this.#runningEtcd().status();
  }

  async etcdAlarms(): Promise<readonly { memberId: string; alarm: "NONE" | "NOSPACE" | "CORRUPT" }[]> {
    return this.#runningEtcd().alarms();
  }

  async etcdSnapshot(): Promise<Buffer> {
    return this.#runningEtcd().snapshot();
  }

  async etcdLeave(): Promise<void> {
    const etcd = this.#runningEtcd();
    // The address that clients use is held through etcd, so it moves on first; API server and kubelet stay as they are.
    // Source: siderolabs/talos v1.12 internal/pkg/etcd LeaveCluster: out of the members, service stopped, data removed.
    this.#up = false;
    this.#options.onChange();
    try {
      await etcd.leave();
    } catch (error) {
      this.#up = true;
      this.#options.onChange();
      throw error;
    }
    await etcd.wipe();
  }

  async etcdRemove(id: string): Promise<void> {
    await this.#runningEtcd().remove(id);
  }

  async logs(service: string, tailLines: number): Promise<string> {
    const file = this.#logOf(service);
    if (!existsSync(file)) return "";
    const lines = (await readFile(file, "utf8")).split("\n");
    return lines.slice(tailLines < 0 ? 0 : Math.max(0, lines.length - 1 - tailLines)).join("\n");
  }

  /** Switches a fault. */
  async fault(name: RuntimeFault, on: boolean): Promise<void> {
    if (on === this.has(name)) return;
    if (on) this.#faults.add(name);
    else this.#faults.delete(name);
    const etcd = this.#etcd;
    const controlPlane = this.#controlPlane;
    if (name === "etcd-down" && on) await etcd?.stop();
    // One that has never begun waits for `bootstrap` or for its peers.
    else if (name === "etcd-down" && etcd?.hasData === true) await etcd.start();
    else if (name === "api-down")
      await (on ? controlPlane?.stopProgram("kube-apiserver") : controlPlane?.startProgram("kube-apiserver"));
    this.#options.onChange();
  }

  /** Whether a fault is on. */
  has(name: RuntimeFault): boolean {
    return this.#faults.has(name);
  }

  async #bringUp(
    config: MachineConfig,
    files: ControlPlaneFiles,
    etcd: Etcd,
    signal: AbortSignal,
  ): Promise<void> {
    while (!signal.aborted) {
      try {
        if (!etcd.running) await this.#startEtcd(config, etcd);
        if (etcd.learner) await this.#promote(config, etcd, signal);
        else if (etcd.running) {
          await etcd.advertise();
          await this.#startControlPlane(config, files, signal);
          return;
        }
      } catch (error) {
        if (signal.aborted) return;
        this.#note("etcd", error);
        await this.#controlPlane?.stop();
      }
      await delay(retryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** From its data, or by joining a peer. Otherwise etcd waits for `bootstrap`. */
  async #startEtcd(config: MachineConfig, etcd: Etcd): Promise<void> {
    if (this.#bootstrapping || this.has("etcd-down")) return;
    if (etcd.hasData) {
      await etcd.start();
      return;
    }
    const peer = this.#voter(config);
    if (peer !== undefined) await etcd.start(await peer.add(config.hostname, etcd.peerUrl));
  }

  /**
   * A new member gets its vote when it has been a learner for a while. There is one learner at a time: etcd refuses a
   * second, which is why several machines join one after the other.
   */
  async #promote(config: MachineConfig, etcd: Etcd, signal: AbortSignal): Promise<void> {
    await delay(this.#options.delays.learnerMs, undefined, { signal });
    const { memberId } = await etcd.status();
    await this.#voter(config)?.promote(memberId);
    etcd.noteLearner((await etcd.status()).isLearner);
  }

  /** A member of this cluster on another machine that has a vote. */
  #voter(config: MachineConfig): Etcd | undefined {
    return this.#options
      .peers(config.clusterId)
      .filter((peer) => peer !== this)
      .map((peer) => peer.etcd)
      .find((found) => found?.running === true && !found.learner);
  }

  /** The static pods wait for etcd's health. */
  async #startControlPlane(
    config: MachineConfig,
    files: ControlPlaneFiles,
    signal: AbortSignal,
  ): Promise<void> {
    const { toolbox, logs, machine, delays, kubePrismOpen, onChange, peers } = this.#options;
    await delay(delays.staticPodsMs, undefined, { signal });
    this.#controlPlane = new ControlPlane({
      address: this.address,
      // A config that came meanwhile is what counts.
      config: this.#config ?? config,
      versions: this.#versions ?? this.#counter.of(config),
      files,
      toolbox,
      logs,
      machine: machine.name,
      restartMs: delays.restartMs,
      held: (name) => name === "kube-apiserver" && this.has("api-down"),
      alone: () => !peers(config.clusterId).some((peer) => peer !== this && peer.serves),
      kubePrism: async (until) => {
        while (!kubePrismOpen()) await delay(pollMs, undefined, { signal: until });
      },
      onChange,
      note: (error) => {
        this.#note("kubelet", error);
      },
      signal,
    });
    this.#up = true;
    await this.#controlPlane.start();
  }

  /** In the words of `talosctl service etcd`. */
  #etcdService(): ServiceStatus {
    if (this.#etcd?.running === true) {
      const unhealthy = (message: string): ServiceStatus => ({
        id: "etcd",
        state: "Running",
        healthy: false,
        message,
      });
      if (this.has("etcd-unhealthy")) return unhealthy("context deadline exceeded");
      return this.#etcd.learner
        ? unhealthy("etcdserver: rpc not supported for learner")
        : healthyService("etcd");
    }
    if (this.has("etcd-down") && this.hasEtcdData())
      return {
        id: "etcd",
        state: "Waiting",
        healthy: undefined,
        message: 'Error running Containerd(etcd), going to restart forever: task "etcd" failed: exit code 1',
      };
    return { id: "etcd", state: "Preparing", healthy: undefined, message: "Running pre state" };
  }

  /** Another kubelet is another run of the service: for a moment there is none. */
  async #restartKubeletService(): Promise<void> {
    this.#kubeletRestarts = true;
    await delay(kubeletRestartMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    this.#kubeletRestarts = false;
  }

  #startKubelet(config: MachineConfig): void {
    const { logs, machine, podLogs } = this.#options;
    this.#kubelet = new Kubelet({
      config,
      address: this.address,
      talosVersion: this.#options.talosVersion(),
      bootId: this.#options.bootId(),
      authority: () => this.#authority(config),
      staticPods: () => this.staticPods(),
      kubePrismOpen: this.#options.kubePrismOpen,
      note: (line) => this.#note("kubelet", line),
      logs: (namespace, pod, container) =>
        namespace === "kube-system" && pod === `${container}-${config.hostname}` && this.holds
          ? ControlPlane.logOf(logs, machine.name, container)
          : podLogs(namespace, pod, container),
    });
    this.#kubelet.start();
  }

  /** Stands for the kubelets' bootstrap token: a control plane of the cluster signs their certificates. */
  #authority(config: MachineConfig): { crt: string; key: string } | undefined {
    const signers = [config, ...this.#options.peers(config.clusterId).map((peer) => peer.config)];
    for (const signer of signers)
      if (signer?.clusterCA.key !== undefined)
        return { crt: signer.clusterCA.crt, key: signer.clusterCA.key };
    return undefined;
  }

  #newEtcd(config: MachineConfig, files: ControlPlaneFiles): Etcd {
    const { toolbox } = this.#options;
    mkdirSync(this.#options.dataDir, { recursive: true, mode: 0o700 });
    return new Etcd({
      name: config.hostname,
      address: this.address,
      dataDir: this.#path("etcd"),
      files,
      logFile: this.#logOf("etcd"),
      etcd: tool(toolbox, "etcd"),
      etcdutl: tool(toolbox, "etcdutl"),
    });
  }

  #runningEtcd(): Etcd {
    if (this.#etcd?.running !== true)
      throw new RuntimeError(
        "Unavailable",
        `etcd on ${this.address}:${String(ports.etcdClient)} does not run: bootstrap it, or wait`,
      );
    return this.#etcd;
  }

  #path(name: string): string {
    return join(this.#options.dataDir, name);
  }

  #logOf(service: string): string {
    return join(this.#options.logs, `${this.#options.machine.name}-${service}.log`);
  }

  #note(service: string, what: unknown): void {
    const text = what instanceof Error ? what.message : String(what);
    // What is tried again and again is told once.
    if (text === this.#lastNote) return;
    this.#lastNote = text;
    appendFileSync(this.#logOf(service), `${new Date().toISOString()} ${text}\n`, { mode: 0o600 });
  }
}

/** A service between two runs. */
function finishedService(id: string): ServiceStatus {
  return { id, state: "Finished", healthy: undefined, message: "Service finished successfully" };
}

function healthyService(id: string): ServiceStatus {
  return { id, state: "Running", healthy: true, message: "Health check successful" };
}
