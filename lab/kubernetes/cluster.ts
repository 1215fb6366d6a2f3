// The Kubernetes of a lab as a whole: one runtime per machine, the endpoint that leads to a living control plane, and
// what exists once per cluster: the players of its pods. Those live as long as a control plane does, and start anew when
// the lab's machines have become another cluster.
import { join } from "node:path";
import { startFlux, type FluxPlayer } from "../flux/player.ts";
import { ports, type LabLayout, type LabMachine } from "../layout.ts";
import type { ManagedProcess } from "../processes.ts";
import type { KubernetesView } from "../talos/options.ts";
import type { MachineConfig } from "../talos/config.ts";
import { tool, type Toolbox } from "../../tools/toolbox.ts";
import { issueCertificate } from "./certificates.ts";
import { kubeconfig } from "./controlPlaneFiles.ts";
import { clusterDelays, type ClusterDelays } from "./delays.ts";
import { startForwarder, type Forwarder, type Target } from "./endpoint.ts";
import { KubeApi } from "./kubeApi.ts";
import { HostRuntime } from "./machineRuntime.ts";
import { applyManifests } from "./manifests.ts";
import { startPods } from "./pods.ts";
import { viewOf } from "./view.ts";

/** What the lab's Kubernetes needs. */
export interface KubernetesOptions {
  readonly layout: LabLayout;
  readonly toolbox: Toolbox;
  /** Proxy variables for programs that fetch from the Internet. */
  readonly internet: Readonly<Record<string, string>>;
  /** `clusterDelays` when not given. */
  readonly delays?: ClusterDelays;
}

/** What lives with one cluster. */
interface Cluster {
  readonly ca: string;
  readonly api: KubeApi;
  readonly kwok: ManagedProcess;
  readonly flux: FluxPlayer;
  /** Fires when it ends. */
  readonly end: AbortController;
}

/** Starts the endpoint; the rest follows the machines. */
export async function startKubernetes(options: KubernetesOptions): Promise<LabKubernetes> {
  const kubernetes = new LabKubernetes(options);
  await kubernetes.listen();
  return kubernetes;
}

/** The Kubernetes of one lab. */
export class LabKubernetes {
  readonly #options: KubernetesOptions;
  readonly #runtimes: HostRuntime[] = [];
  #endpoint: Forwarder | undefined;
  #cluster: Cluster | undefined;
  #work: Promise<void> = Promise.resolve();
  #stopped = false;
  /** When KubePrism leads to an API server again, as a time; undefined while there is none. */
  #kubePrismFrom: number | undefined;

  constructor(options: KubernetesOptions) {
    this.#options = options;
  }

  /** For `talosctl health` and the machines' own readiness. */
  get view(): KubernetesView {
    return viewOf(() => this.#cluster?.api);
  }

  /** What runs for Flux, e.g. for the lab's status. */
  get flux(): FluxPlayer | undefined {
    return this.#cluster?.flux;
  }

  /** Whether any API server serves. */
  get serves(): boolean {
    return this.#living().length > 0;
  }

  async listen(): Promise<void> {
    this.#endpoint = await startForwarder({
      address: this.#options.layout.endpointAddress,
      port: ports.kubeApiserver,
      targets: () => this.#targets(),
    });
  }

  /** Makes the runtime of a machine. */
  runtimeFor(
    machine: LabMachine,
    says: {
      readonly talosVersion: () => string;
      readonly bootId: () => string;
      readonly address: () => string;
    },
  ): HostRuntime {
    const { layout, toolbox } = this.#options;
    const runtime = new HostRuntime({
      machine,
      dataDir: join(layout.machinesRoot, machine.name, "ephemeral"),
      logs: layout.logs,
      toolbox,
      ...says,
      peers: (clusterId) =>
        this.#runtimes.filter(
          (peer) => peer.config?.clusterId === clusterId && peer.config.type === "controlplane",
        ),
      delays: this.#delays,
      onChange: () => {
        this.#noteKubePrism();
        this.#follow();
      },
      kubePrismOpen: () => this.#kubePrismFrom !== undefined && Date.now() >= this.#kubePrismFrom,
      podLogs: (namespace, pod, container) => this.#cluster?.flux.logOf(namespace, pod, container),
    });
    this.#runtimes.push(runtime);
    return runtime;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#follow();
    await this.#work;
    await this.#endpoint?.stop();
  }

  get #delays(): ClusterDelays {
    return this.#options.delays ?? clusterDelays;
  }

  /** KubePrism looks at the API servers now and then: one that follows none is not found at once. */
  #noteKubePrism(): void {
    if (!this.serves) this.#kubePrismFrom = undefined;
    else this.#kubePrismFrom ??= Date.now() + this.#delays.kubePrismMs;
  }

  #living(): readonly HostRuntime[] {
    return this.#runtimes.filter((runtime) => runtime.serves);
  }

  #targets(): readonly Target[] {
    return this.#living().map(({ address }) => ({ address, port: ports.kubeApiserver }));
  }

  /** One change after the other. */
  #follow(): void {
    this.#endpoint?.follow().catch((error: unknown) => {
      process.stderr.write(`endpoint: ${String(error)}\n`);
    });
    this.#work = this.#work
      .then(() => this.#adjust())
      .catch((error: unknown) => {
        process.stderr.write(`kubernetes: ${error instanceof Error ? error.message : String(error)}\n`);
      });
  }

  async #adjust(): Promise<void> {
    const config = this.#stopped ? undefined : this.#living()[0]?.config;
    const running = this.#cluster;
    // Pods go on while an API server is restarted.
    const restarts = this.#runtimes.some((runtime) => runtime.holds && !runtime.has("api-down"));
    if (config === undefined && restarts && !this.#stopped) return;
    if (running !== undefined && running.ca !== config?.clusterCA.crt) {
      this.#cluster = undefined;
      running.end.abort();
      await Promise.all([running.kwok.stop(), running.flux.stop()]);
      running.api.close();
    }
    if (config !== undefined && this.#cluster === undefined) this.#cluster = await this.#start(config);
  }

  async #start(config: MachineConfig): Promise<Cluster> {
    const { layout, toolbox, internet } = this.#options;
    const admin = await issueCertificate(config.clusterCA, {
      commonName: "lab",
      organization: "system:masters",
      usages: ["client"],
    });
    const server = `https://${layout.endpointAddress}:${String(ports.kubeApiserver)}`;
    const api = new KubeApi({ server, ca: config.clusterCA.crt, ...admin });
    const kwok = await startPods({
      kwok: tool(toolbox, "kwok"),
      kubeconfig: kubeconfig(config.clusterCA, layout.endpointAddress, admin),
      folder: join(layout.state, "kwok"),
      serverAddress: `${layout.servicesAddress}:${String(ports.kwok)}`,
      logFile: join(layout.logs, "kwok.log"),
      podCidr: config.podSubnets[0] ?? "10.244.0.0/16",
    });
    const flux = startFlux({ layout, toolbox, internet, api, server, ca: config.clusterCA.crt });
    const end = new AbortController();
    void applyManifests(api, this.#delays.manifestsMs, end.signal);
    return { ca: config.clusterCA.crt, api, kwok, flux, end };
  }
}
