// The static pods of a control plane as real processes on the machine's address, at the versions that the machine
// config's image tags name. Flags as Talos renders them; source: siderolabs/talos v1.12
// internal/app/machined/pkg/controllers/k8s/control_plane_static_pod.go.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { tool, type Toolbox } from "../../tools/toolbox.ts";
import { ports } from "../layout.ts";
import { startProcess, type ManagedProcess } from "../processes.ts";
import type { ComponentImage, MachineConfig } from "../talos/config.ts";
import {
  differ,
  staticPodNames,
  type StaticPodName,
  type StaticPodVersions,
} from "../talos/config/staticPods.ts";
import { RuntimeError, type StaticPod } from "../talos/runtime.ts";
import type { ControlPlaneFiles } from "./controlPlaneFiles.ts";

/** What static pods are made of. */
export interface ControlPlaneContent {
  readonly config: MachineConfig;
  readonly versions: Readonly<Record<StaticPodName, StaticPodVersions>>;
  readonly files: ControlPlaneFiles;
}

/** What the static pods need. */
export interface ControlPlaneOptions extends ControlPlaneContent {
  readonly address: string;
  readonly toolbox: Toolbox;
  /** Folder for one log per program. */
  readonly logs: string;
  /** Name of the machine, the beginning of each log's name. */
  readonly machine: string;
  /** From another config until the pods that it makes different end, milliseconds. */
  readonly restartMs: number;
  /** Whether a program is not to run now. */
  readonly held: (name: StaticPodName) => boolean;
  /** Whether this machine's API server is the only one of its cluster that serves. */
  readonly alone: () => boolean;
  /** Resolves when KubePrism leads to an API server; the other programs talk through it. */
  readonly kubePrism: (signal: AbortSignal) => Promise<void>;
  /** The API server came up, or goes down. */
  readonly onChange: () => void;
  /** Told what goes wrong while pods are restarted. */
  readonly note: (error: unknown) => void;
  /** Ends everything that waits. */
  readonly signal: AbortSignal;
}

interface Program {
  pod: StaticPod;
  process: ManagedProcess | undefined;
}

const others = staticPodNames.filter((name) => name !== "kube-apiserver");

/** API server, controller manager and scheduler of one machine. */
export class ControlPlane {
  #options: ControlPlaneOptions;
  readonly #programs = new Map<StaticPodName, Program>();
  /** One restart after the other. */
  #work: Promise<void> = Promise.resolve();

  constructor(options: ControlPlaneOptions) {
    this.#options = options;
  }

  /** Path of a static pod's log. */
  static logOf(logs: string, machine: string, pod: string): string {
    return join(logs, `${machine}-${pod}.log`);
  }

  /** Whether the API server answers. */
  get running(): boolean {
    const api = this.#programs.get("kube-apiserver");
    return api?.pod.ready === true && api.process?.running === true;
  }

  /** Those that have been started, each as it is now. */
  get pods(): readonly StaticPod[] {
    return [...this.#programs.values()].map(({ pod, process }) => ({
      ...pod,
      ready: pod.ready && process?.running === true,
    }));
  }

  /** Starts all three, the API server first; resolves when they run, or when `signal` aborts. */
  async start(): Promise<void> {
    await this.#startAll(staticPodNames);
  }

  /**
   * Another config: the pods that it makes different are restarted, which begins some seconds after this has returned, as
   * the kubelet takes them up. Nothing here knows or waits for other machines.
   */
  reconfigure(content: ControlPlaneContent): void {
    this.#options = { ...this.#options, ...content };
    const { restartMs, signal, note } = this.#options;
    const restart = async (): Promise<void> => {
      await delay(restartMs, undefined, { signal });
      this.#work = this.#work.then(() => this.#restart()).catch(note);
      await this.#work;
    };
    restart().catch(() => undefined);
  }

  /** Ends one of them. */
  async stopProgram(name: StaticPodName): Promise<void> {
    const program = this.#programs.get(name);
    if (program === undefined) return;
    program.pod = { ...program.pod, ready: false };
    // From now on it is not there for the cluster's endpoint: one that is shutting down answers, but serves nobody.
    if (name === "kube-apiserver") this.#options.onChange();
    await program.process?.stop();
    program.process = undefined;
  }

  async stop(): Promise<void> {
    const end = (): Promise<unknown> =>
      Promise.all([...this.#programs.values()].map(async ({ process }) => process?.stop()));
    await end();
    // A restart that was on its way may have started something.
    await this.#work;
    await end();
    this.#programs.clear();
  }

  /** Starts one of them. */
  async startProgram(name: StaticPodName): Promise<void> {
    const { machine, logs, versions, config, held, signal } = this.#options;
    if (held(name) || signal.aborted) return;
    const commandLine = this.#commandLine(name);
    const [command = "", ...args] = commandLine;
    const hash = createHash("sha256")
      .update(JSON.stringify([commandLine, versions[name]]))
      .digest("hex")
      .slice(0, 32);
    const image = imageOf(name, config).image;
    const pod: StaticPod = { name, image, versions: versions[name], hash, ready: false, started: new Date() };
    const program: Program = { pod, process: undefined };
    this.#programs.set(name, program);
    program.process = await startProcess({
      name: `${machine} ${name}`,
      command,
      args,
      logFile: ControlPlane.logOf(logs, machine, name),
      restart: true,
      ...(name === "kube-apiserver" ? { ready: () => this.#apiReady() } : {}),
      readyTimeoutMs: 120_000,
      signal,
    });
    program.pod = { ...pod, ready: true };
    if (name === "kube-apiserver") this.#options.onChange();
  }

  async #startAll(names: readonly StaticPodName[]): Promise<void> {
    const { signal, kubePrism } = this.#options;
    if (names.includes("kube-apiserver")) await this.startProgram("kube-apiserver");
    const rest = others.filter((name) => names.includes(name));
    if (rest.length === 0 || signal.aborted) return;
    await kubePrism(signal);
    for (const name of rest) await this.startProgram(name);
  }

  async #restart(): Promise<void> {
    const { versions, alone, signal } = this.#options;
    if (signal.aborted) return;
    const changed = staticPodNames.filter((name) => {
      const running = this.#programs.get(name);
      return running !== undefined && differ(running.pod.versions, versions[name]);
    });
    // Without any API server the other two lose their leases and end; they come back when KubePrism does.
    const names = changed.includes("kube-apiserver") && alone() ? staticPodNames : changed;
    await Promise.all(names.map((name) => this.stopProgram(name)));
    await this.#startAll(names);
  }

  #commandLine(name: StaticPodName): readonly string[] {
    const { config, toolbox } = this.#options;
    const image = imageOf(name, config);
    const flags = {
      "kube-apiserver": () => this.#apiServerFlags(),
      "kube-controller-manager": () => this.#controllerManagerFlags(),
      "kube-scheduler": () => this.#schedulerFlags(),
    }[name]();
    const all = Object.entries({ ...flags, ...image.extraArgs });
    return [programFor(toolbox, name, image), ...all.map(([flag, value]) => `--${flag}=${value}`)];
  }

  #apiServerFlags(): Readonly<Record<string, string>> {
    const { address, config, files } = this.#options;
    return {
      "admission-control-config-file": files["admission.yaml"],
      "allow-privileged": "true",
      "anonymous-auth": "false",
      "api-audiences": config.endpoint,
      "authorization-mode": "Node,RBAC",
      "advertise-address": address,
      "bind-address": address,
      "client-ca-file": files["ca.crt"],
      "enable-admission-plugins": "NodeRestriction",
      "enable-bootstrap-token-auth": "true",
      "encryption-provider-config": files["encryption.yaml"],
      // The Service `kubernetes` may not have a loopback endpoint; without this it logs that every ten seconds.
      "endpoint-reconciler-type": "none",
      "etcd-cafile": files["etcd-ca.crt"],
      "etcd-certfile": files["etcd-client.crt"],
      "etcd-keyfile": files["etcd-client.key"],
      "etcd-servers": `https://${address}:${String(ports.etcdClient)}`,
      "kubelet-client-certificate": files["apiserver-kubelet.crt"],
      "kubelet-client-key": files["apiserver-kubelet.key"],
      "kubelet-preferred-address-types": "InternalIP,ExternalIP,Hostname",
      profiling: "false",
      "proxy-client-cert-file": files["front-proxy.crt"],
      "proxy-client-key-file": files["front-proxy.key"],
      "requestheader-allowed-names": "front-proxy-client",
      "requestheader-client-ca-file": files["aggregator-ca.crt"],
      "requestheader-extra-headers-prefix": "X-Remote-Extra-",
      "requestheader-group-headers": "X-Remote-Group",
      "requestheader-username-headers": "X-Remote-User",
      "secure-port": String(ports.kubeApiserver),
      "service-account-issuer": config.endpoint,
      "service-account-key-file": files["service-account.pub"],
      "service-account-signing-key-file": files["service-account.key"],
      "service-cluster-ip-range": config.serviceSubnets.join(","),
      "tls-cert-file": files["apiserver.crt"],
      "tls-private-key-file": files["apiserver.key"],
      // Open watches end at once when the machine goes down, instead of after a minute.
      "shutdown-delay-duration": "0s",
    };
  }

  #controllerManagerFlags(): Readonly<Record<string, string>> {
    const { address, config, files } = this.#options;
    return {
      "allocate-node-cidrs": "true",
      "bind-address": address,
      "cluster-cidr": config.podSubnets.join(","),
      "cluster-signing-cert-file": files["ca.crt"],
      "cluster-signing-key-file": files["ca.key"],
      "configure-cloud-routes": "false",
      controllers: "*,tokencleaner",
      ...this.#kubeconfigFlags("controller-manager.kubeconfig"),
      "root-ca-file": files["ca.crt"],
      "secure-port": String(ports.controllerManager),
      "service-account-private-key-file": files["service-account.key"],
      "service-cluster-ip-range": config.serviceSubnets.join(","),
      "use-service-account-credentials": "true",
    };
  }

  #schedulerFlags(): Readonly<Record<string, string>> {
    return {
      "bind-address": this.#options.address,
      ...this.#kubeconfigFlags("scheduler.kubeconfig"),
      "secure-port": String(ports.scheduler),
    };
  }

  #kubeconfigFlags(
    file: "controller-manager.kubeconfig" | "scheduler.kubeconfig",
  ): Readonly<Record<string, string>> {
    const { files } = this.#options;
    return {
      "authentication-kubeconfig": files[file],
      "authorization-kubeconfig": files[file],
      kubeconfig: files[file],
      "leader-elect": "true",
      profiling: "false",
    };
  }

  async #apiReady(): Promise<boolean> {
    const { address, config, files } = this.#options;
    const agent = new Agent({
      ca: config.clusterCA.crt,
      cert: readFileSync(files["apiserver-kubelet.crt"]),
      key: readFileSync(files["apiserver-kubelet.key"]),
    });
    return new Promise((resolve) => {
      const outgoing = request(
        { host: address, port: ports.kubeApiserver, path: "/readyz", agent, timeout: 2000 },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode === 200);
        },
      );
      outgoing.on("timeout", () => outgoing.destroy());
      outgoing.on("error", () => {
        resolve(false);
      });
      outgoing.end();
    });
  }
}

function imageOf(name: StaticPodName, config: MachineConfig): ComponentImage {
  if (name === "kube-apiserver") return config.apiServer;
  return name === "kube-scheduler" ? config.scheduler : config.controllerManager;
}

/** @throws RuntimeError naming the versions that there are */
function programFor(toolbox: Toolbox, name: string, image: ComponentImage): string {
  const minor = /^v(\d+\.\d+)\./.exec(image.version)?.[1] ?? image.version;
  try {
    return tool(toolbox, `${name}@${minor}`);
  } catch (error) {
    throw new RuntimeError("Internal", `${image.image}: ${error instanceof Error ? error.message : ""}`);
  }
}
