// One pod of Flux: the real controller as a process, its readiness as the pod's.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { stringify } from "yaml";
import { ApiError, mergePatch, type KubeApi, type LabObject } from "../kubernetes/kubeApi.ts";
import { ports } from "../layout.ts";
import { startProcess, type ManagedProcess } from "../processes.ts";
import { containerOf, podStatus } from "./podStatus.ts";

/** What a pod needs. */
export interface FluxPodOptions {
  readonly pod: LabObject;
  /** Undefined when there is no program for its image. */
  readonly program: string | undefined;
  readonly api: KubeApi;
  readonly server: string;
  readonly ca: string;
  /** Address on which all controllers listen. */
  readonly address: string;
  /** Address that the pod claims to have. */
  readonly podIP: string;
  /** Private folder of this pod. */
  readonly folder: string;
  readonly logFile: string;
  readonly internet: Readonly<Record<string, string>>;
  readonly onReady: () => void;
}

const probeMs = 300;
const steadyProbeMs = 2_000;
const tokenSeconds = 365 * 24 * 3600;
const memoryLimit = 2 * 1024 ** 3;
const kubeconfigName = "kubeconfig";

/** A pod that runs. */
export class FluxPod {
  readonly #options: FluxPodOptions;
  readonly #stop = new AbortController();
  readonly #started = new Date();
  #process: ManagedProcess | undefined;
  #reported = "";
  /** Where it listens for events and webhooks (notification-controller only). */
  readonly listeners = { events: 0, receiver: 0 };
  ready = false;
  readonly running: Promise<void>;

  constructor(options: FluxPodOptions) {
    this.#options = options;
    this.running = this.#run();
  }

  /** e.g. `source-controller`. */
  get app(): string {
    return this.#options.pod.metadata.labels?.["app"] ?? "";
  }

  get logFile(): string {
    return this.#options.logFile;
  }

  /** Ends the process. What it has stored goes with a pod that is deleted, and stays with one whose machine stops (emptyDir). */
  async stop(because: "deleted" | "machine stops"): Promise<void> {
    this.#stop.abort();
    await this.running;
    await this.#process?.stop();
    const { folder } = this.#options;
    rmSync(because === "deleted" ? folder : join(folder, kubeconfigName), { recursive: true, force: true });
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let health = 0;
    while (!signal.aborted) {
      try {
        if (this.#options.program !== undefined && this.#process === undefined) health = await this.#start();
        const ready = this.#process?.running === true && (await this.#probe(health));
        if (ready !== this.ready) {
          this.ready = ready;
          this.#options.onReady();
        }
        await this.#report();
      } catch {
        // The API server is away, or the pod is gone: its end is told by the player.
      }
      await delay(this.ready ? steadyProbeMs : probeMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #start(): Promise<number> {
    const { pod, program = "", folder, internet, address } = this.#options;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const [health, metrics, events, receiver] = await freePorts(address, 4);
    this.listeners.events = events ?? 0;
    this.listeners.receiver = receiver ?? 0;
    const environment = { RUNTIME_NAMESPACE: pod.metadata.namespace ?? "flux-system", ...internet };
    this.#process = await startProcess({
      name: pod.metadata.name,
      command: program,
      args: [
        ...(containerOf(pod).args ?? []).map((arg) =>
          arg.replaceAll("$(RUNTIME_NAMESPACE)", environment.RUNTIME_NAMESPACE),
        ),
        ...this.#overrides(`${address}:${String(health)}`, `${address}:${String(metrics)}`),
      ],
      env: { ...environment, KUBECONFIG: await this.#kubeconfig(), TUF_ROOT: join(folder, "tuf") },
      logFile: this.#options.logFile,
      restart: true,
    });
    return health ?? 0;
  }

  /** What a pod network would do: addresses that exist here. The last of two equal flags wins. */
  #overrides(health: string, metrics: string): readonly string[] {
    const { address, folder } = this.#options;
    const common = [
      "--enable-leader-election=false",
      `--health-addr=${health}`,
      `--metrics-addr=${metrics}`,
      `--events-addr=http://${address}:${String(ports.fluxEvents)}/`,
    ];
    if (this.app === "source-controller") {
      const storage = join(folder, "data");
      mkdirSync(storage, { recursive: true, mode: 0o700 });
      const at = `${address}:${String(ports.fluxStorage)}`;
      return [...common, `--storage-path=${storage}`, `--storage-addr=${at}`, `--storage-adv-addr=${at}`];
    }
    if (this.app === "helm-controller") {
      const file = (name: string, bytes: number): string => {
        writeFileSync(join(folder, name), `${String(bytes)}\n`);
        return join(folder, name);
      };
      return [
        ...common,
        `--oom-watch-max-memory-path=${file("memory.max", memoryLimit)}`,
        `--oom-watch-current-memory-path=${file("memory.current", memoryLimit / 10)}`,
      ];
    }
    if (this.app === "notification-controller")
      return [
        ...common.slice(0, -1),
        `--events-addr=${address}:${String(this.listeners.events)}`,
        `--receiverAddr=${address}:${String(this.listeners.receiver)}`,
      ];
    return common;
  }

  /** The pod's service account, as its projected token would be. */
  async #kubeconfig(): Promise<string> {
    const { api, pod, server, ca, folder } = this.#options;
    const account = String(pod.spec?.["serviceAccountName"] ?? "default");
    const path = `/api/v1/namespaces/${pod.metadata.namespace ?? ""}/serviceaccounts/${account}/token`;
    const request = { spec: { expirationSeconds: tokenSeconds } };
    const { status } = await api.call("POST", path, request);
    const file = join(folder, kubeconfigName);
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [
        {
          name: "lab",
          cluster: {
            server,
            // Pods ask the Service `kubernetes`, whose name stays in the certificate when the endpoint moves.
            "tls-server-name": "kubernetes.default.svc",
            "certificate-authority-data": Buffer.from(ca).toString("base64"),
          },
        },
      ],
      users: [{ name: account, user: { token: status?.["token"] } }],
      contexts: [{ name: "lab", context: { cluster: "lab", user: account } }],
      "current-context": "lab",
    };
    writeFileSync(file, stringify(config), { mode: 0o600 });
    return file;
  }

  async #probe(port: number): Promise<boolean> {
    try {
      const answer = await fetch(`http://${this.#options.address}:${String(port)}/readyz`, {
        signal: AbortSignal.timeout(1_000),
      });
      await answer.body?.cancel();
      return answer.ok;
    } catch {
      return false;
    }
  }

  async #report(): Promise<void> {
    const { api, pod, podIP, program } = this.#options;
    const restarts = this.#process?.restarts ?? 0;
    const state = program === undefined ? "pulling" : "running";
    const summary = `${state} ${String(this.ready)} ${String(restarts)}`;
    if (summary === this.#reported) return;
    const status = podStatus(pod, { state, ready: this.ready, restarts, started: this.#started, podIP });
    const path = `/api/v1/namespaces/${pod.metadata.namespace ?? ""}/pods/${pod.metadata.name}/status`;
    try {
      await api.call("PATCH", path, { status }, mergePatch);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
    }
    this.#reported = summary;
  }
}

/** Ports that are free now. They are handed out once per pod, so that an old and a new pod can run side by side. */
async function freePorts(address: string, count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, address);
      await once(server, "listening");
      return server;
    }),
  );
  const found = servers.map((server) => {
    const bound = server.address();
    return typeof bound === "object" && bound !== null ? bound.port : 0;
  });
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return found;
}
