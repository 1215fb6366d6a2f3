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
} from "../talos/runtime.ts";
import { ControlPlane, staticPodNames } from "./controlPlane.ts";
import { writeControlPlaneFiles, type ControlPlaneFiles } from "./controlPlaneFiles.ts";
import { Etcd } from "./etcd.ts";
import { Kubelet } from "./kubelet.ts";
import type { LogSource } from "./kubeletServer.ts";

/** What a machine's runtime asks of the lab. */
export interface RuntimeOptions {
  readonly machine: LabMachine;
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
  /** Logs of pods that are programs. */
  readonly podLogs: LogSource;
}

/**
 * What can be wrong with what a control plane runs, until it is switched off again and over reboots:
 * `etcd-down` its etcd ends · `etcd-unhealthy` its etcd runs, but Talos finds it unhealthy · `api-down` its API server ends
 */
export const runtimeFaults = ["etcd-down", "etcd-unhealthy", "api-down"] as const;

/** One of `runtimeFaults`. */
export type RuntimeFault = (typeof runtimeFaults)[number];

const retryMs = 500;

/** Longer than a watch of services takes to look again (lab/talos/cosi/service.ts): upgrade-k8s waits to see it gone. */
const kubeletRestartMs = 500;

/** The runtime of one machine. */
export class HostRuntime implements MachineRuntime {
  readonly #options: RuntimeOptions;
  #config: MachineConfig | undefined;
  #etcd: Etcd | undefined;
  #controlPlane: ControlPlane | undefined;
  #kubelet: Kubelet | undefined;
  #up = false;
  readonly #faults = new Set<RuntimeFault>();
  #bootstrapping = false;
  #kubeletRestarts = false;
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
    return this.#options.machine.address;
  }

  /** Whether the API server of this machine serves. One without its etcd loses the cluster's endpoint, as with Talos' VIP. */
  get serves(): boolean {
    return this.#up && this.#controlPlane?.running === true && this.#etcd?.running === true;
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
    const files = await writeControlPlaneFiles(this.#path("secrets"), config, this.address);
    await this.#controlPlane?.reconfigure(config, files);
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

  staticPods(): readonly string[] {
    return this.serves ? staticPodNames : [];
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
    if ((await etcd.members()).length === 1)
      throw new RuntimeError("FailedPrecondition", "failed to leave cluster: this is the last member");
    // The address that clients use is held through etcd, so it moves on first; API server and kubelet stay as they are.
    // Source: siderolabs/talos v1.12 internal/pkg/etcd LeaveCluster: out of the members, service stopped, data removed.
    this.#up = false;
    this.#options.onChange();
    await etcd.leave();
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
        if (etcd.running) {
          await this.#startControlPlane(config, files, signal);
          return;
        }
      } catch (error) {
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
    for (const peer of this.#options.peers(config.clusterId)) {
      if (peer === this || peer.etcd?.running !== true) continue;
      await etcd.start(await peer.etcd.add(config.hostname, etcd.peerUrl));
      return;
    }
  }

  async #startControlPlane(
    config: MachineConfig,
    files: ControlPlaneFiles,
    signal: AbortSignal,
  ): Promise<void> {
    const { toolbox, logs, machine } = this.#options;
    this.#controlPlane = new ControlPlane({
      address: this.address,
      config,
      files,
      toolbox,
      logs,
      machine: machine.name,
    });
    await this.#controlPlane.start(signal, this.has("api-down") ? ["kube-apiserver"] : []);
    if (signal.aborted) return;
    this.#up = true;
    this.#options.onChange();
  }

  /** In the words of `talosctl service etcd`. */
  #etcdService(): ServiceStatus {
    if (this.#etcd?.running === true)
      return this.has("etcd-unhealthy")
        ? { id: "etcd", state: "Running", healthy: false, message: "context deadline exceeded" }
        : healthyService("etcd");
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
      note: (line) => this.#note("kubelet", line),
      logs: (namespace, pod, container) =>
        namespace === "kube-system" && pod === `${container}-${config.hostname}` && this.serves
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
