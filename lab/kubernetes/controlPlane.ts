// The static pods of a control plane as real processes on the machine's address, at the versions that the machine
// config's image tags name. Flags as Talos renders them; source: siderolabs/talos v1.12
// internal/app/machined/pkg/controllers/k8s/control_plane_static_pod.go.
import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { tool, type Toolbox } from "../../tools/toolbox.ts";
import { ports } from "../layout.ts";
import { startProcess, type ManagedProcess } from "../processes.ts";
import type { ComponentImage, MachineConfig } from "../talos/config.ts";
import { RuntimeError } from "../talos/runtime.ts";
import type { ControlPlaneFiles } from "./controlPlaneFiles.ts";

/** What the static pods need. */
export interface ControlPlaneOptions {
  readonly address: string;
  readonly config: MachineConfig;
  readonly files: ControlPlaneFiles;
  readonly toolbox: Toolbox;
  /** Folder for one log per program. */
  readonly logs: string;
  /** Name of the machine, the beginning of each log's name. */
  readonly machine: string;
}

/** The static pods' names, which are also the programs'. */
export const staticPodNames = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"] as const;

/** Name of one of them. */
export type StaticPodName = (typeof staticPodNames)[number];

/** API server, controller manager and scheduler of one machine. */
export class ControlPlane {
  #options: ControlPlaneOptions;
  readonly #programs = new Map<
    StaticPodName,
    { readonly commandLine: string; readonly process: ManagedProcess }
  >();

  constructor(options: ControlPlaneOptions) {
    this.#options = options;
  }

  /** Path of a static pod's log. */
  static logOf(logs: string, machine: string, pod: string): string {
    return join(logs, `${machine}-${pod}.log`);
  }

  /** Whether the API server's process runs. */
  get running(): boolean {
    return this.#programs.get("kube-apiserver")?.process.running === true;
  }

  /**
   * Starts all three; resolves when the API server is ready, or ends them when `signal` aborts.
   * @param except those that are not to run now
   */
  async start(signal?: AbortSignal, except: readonly StaticPodName[] = []): Promise<void> {
    for (const name of staticPodNames.filter((pod) => !except.includes(pod))) {
      if (signal?.aborted === true) return;
      await this.startProgram(name, signal);
    }
  }

  /** Restarts those that another config makes different, one after the other. */
  async reconfigure(config: MachineConfig, files: ControlPlaneFiles): Promise<void> {
    this.#options = { ...this.#options, config, files };
    for (const name of staticPodNames) {
      const before = this.#programs.get(name);
      if (before === undefined || before.commandLine === this.#commandLine(name).join(" ")) continue;
      // From now on it is not there for the cluster's endpoint: one that is shutting down answers, but serves nobody.
      this.#programs.delete(name);
      await before.process.stop();
      await this.startProgram(name);
    }
  }

  /** Ends one of them. */
  async stopProgram(name: StaticPodName): Promise<void> {
    await this.#programs.get(name)?.process.stop();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#programs.values()].map(({ process }) => process.stop()));
    this.#programs.clear();
  }

  /** Starts one of them. */
  async startProgram(name: StaticPodName, signal?: AbortSignal): Promise<void> {
    const { machine, logs } = this.#options;
    const commandLine = this.#commandLine(name);
    const [command = "", ...args] = commandLine;
    const managed = await startProcess({
      name: `${machine} ${name}`,
      command,
      args,
      logFile: ControlPlane.logOf(logs, machine, name),
      restart: true,
      ...(name === "kube-apiserver" ? { ready: () => this.#apiReady() } : {}),
      readyTimeoutMs: 120_000,
      signal,
    });
    this.#programs.set(name, { commandLine: commandLine.join(" "), process: managed });
  }

  #commandLine(name: StaticPodName): readonly string[] {
    const { config, toolbox } = this.#options;
    const { image, flags } = {
      "kube-apiserver": { image: config.apiServer, flags: this.#apiServerFlags() },
      "kube-controller-manager": { image: config.controllerManager, flags: this.#controllerManagerFlags() },
      "kube-scheduler": { image: config.scheduler, flags: this.#schedulerFlags() },
    }[name];
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

/** @throws RuntimeError naming the versions that there are */
function programFor(toolbox: Toolbox, name: string, image: ComponentImage): string {
  const minor = /^v(\d+\.\d+)\./.exec(image.version)?.[1] ?? image.version;
  try {
    return tool(toolbox, `${name}@${minor}`);
  } catch (error) {
    throw new RuntimeError("Internal", `${image.image}: ${error instanceof Error ? error.message : ""}`);
  }
}
