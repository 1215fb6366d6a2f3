// The kubelet stand-in of one machine: its Node with status and lease, its static pods' mirrors, and the HTTPS server
// behind `kubectl logs`. Pods are played by others (pods.ts, lab/flux). The Node is NotReady, in the real kubelet's
// words, until a Cilium pod runs on it.
import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { ports } from "../layout.ts";
import type { MachineConfig } from "../talos/config.ts";
import { issueCertificate, type IssuedCertificate } from "./certificates.ts";
import {
  ApiError,
  KubeApi,
  mergePatch,
  strategicMergePatch,
  type ApiAccess,
  type LabObject,
} from "./kubeApi.ts";
import { startKubeletServer, type KubeletServer, type LogSource } from "./kubeletServer.ts";
import type { StaticPod } from "../talos/runtime.ts";
import { kubeletsMayJoin } from "./manifests.ts";
import { mirrorPod } from "./mirrorPods.ts";
import { applied, nodeObject, nodeStatus } from "./node.ts";
import { containersRun, isReady } from "./view.ts";

/** What a kubelet needs. */
export interface KubeletOptions {
  readonly config: MachineConfig;
  readonly address: string;
  /** Running Talos, e.g. `v1.12.0`. */
  readonly talosVersion: string;
  /** As in /proc/sys/kernel/random/boot_id. */
  readonly bootId: string;
  /** The cluster's CA with its key; undefined while no control plane of the cluster runs. */
  readonly authority: () => { readonly crt: string; readonly key: string } | undefined;
  readonly staticPods: () => readonly StaticPod[];
  /** Whether KubePrism, through which it talks, leads to an API server. */
  readonly kubePrismOpen: () => boolean;
  readonly logs: LogSource;
  /** Writes a line to the kubelet's log. */
  readonly note: (line: string) => void;
}

const beatMs = 1_000;
const leaseMs = 10_000;

/** A running kubelet stand-in. */
export class Kubelet {
  readonly #options: KubeletOptions;
  readonly #stop = new AbortController();
  #api: KubeApi | undefined;
  /** The kubelet's own rights, which end at its Node: what the API server refuses a kubelet it refuses here. */
  #own: KubeApi | undefined;
  #server: KubeletServer | undefined;
  #running: Promise<void> = Promise.resolve();
  #lastError = "";
  #ready: boolean | undefined;
  /** A Cilium pod has run here: it has written the network's configuration, which stays when the pod goes. */
  #hasNetwork = false;
  #registered = false;
  #applied = false;
  #lastLease = 0;

  constructor(options: KubeletOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#server?.stop();
    this.#api?.close();
    this.#own?.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#beat();
        if (this.#applied) this.#lastError = "";
      } catch (error) {
        // No control plane, no API server, or another cluster's: a kubelet keeps trying.
        this.#note(error);
        this.#ready = undefined;
      }
      await delay(beatMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #beat(): Promise<void> {
    const { config, kubePrismOpen } = this.#options;
    if (!kubePrismOpen())
      throw new Error(`Get "https://127.0.0.1:7445/api/v1/nodes/${config.hostname}": EOF`);
    const [api, own] = await this.#clients();
    const path = `/api/v1/nodes/${config.hostname}`;
    const found = await api.find(path);
    // A kubelet registers when it starts, and never again.
    if (found === undefined && this.#registered) throw new Error(`node "${config.hostname}" not found`);
    if (found === undefined) {
      if (!(await kubeletsMayJoin(api)))
        throw new Error("failed to run Kubelet: cannot create certificate signing request: Unauthorized");
      await own.call("POST", "/api/v1/nodes", nodeObject(config));
      this.#ready = undefined;
    }
    this.#registered = true;
    // Talos looks again whenever the Node changes: its controller takes NodeStatus for an input.
    this.#applied = await this.#apply(found ?? (await api.call("GET", path)), path);
    await this.#mirror(api);
    await this.#report(api, path);
  }

  /**
   * What Talos does beside the kubelet: labels, annotations and taints of the config, in one update. On a worker it has the
   * kubelet's rights, and what they do not allow makes the whole update fail, again and again. A control plane has more.
   * Source: siderolabs/talos v1.12 internal/app/machined/pkg/controllers/k8s/node_apply.go
   */
  async #apply(node: LabObject, path: string): Promise<boolean> {
    const { config } = this.#options;
    const [api, own] = await this.#clients();
    const wanted = applied(config, node);
    if (isDeepStrictEqual(wanted, node)) return true;
    try {
      await (config.type === "controlplane" ? api : own).call("PUT", path, wanted);
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // Somebody else changed it meanwhile, or it is not allowed.
      if (error.status !== 409) this.#note(error);
      return false;
    }
  }

  #note(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (message !== this.#lastError && !this.#stop.signal.aborted) this.#options.note(message);
    this.#lastError = message;
  }

  /** Sends the status when readiness changes and with every lease. */
  async #report(api: KubeApi, path: string): Promise<void> {
    this.#hasNetwork ||= await this.#runsCilium(api);
    const ready = this.#hasNetwork;
    const leaseDue = Date.now() - this.#lastLease >= leaseMs;
    if (ready === this.#ready && !leaseDue) return;
    const status = nodeStatus({ ...this.#options, ready, since: new Date() });
    await api.call("PATCH", `${path}/status`, { status }, mergePatch);
    this.#ready = ready;
    if (ready) await this.#restorePods(api);
    if (leaseDue) await this.#renewLease(api);
  }

  /** The cluster marks the pods of a Node that is not Ready; a kubelet that is back says that they run. */
  async #restorePods(api: KubeApi): Promise<void> {
    const pods = await api.list(
      `/api/v1/pods?fieldSelector=spec.nodeName%3D${this.#options.config.hostname}`,
    );
    for (const pod of pods) {
      if (!containersRun(pod) || isReady(pod) || pod.metadata.deletionTimestamp !== undefined) continue;
      const lastTransitionTime = new Date().toISOString().replace(/\.\d+Z$/, "Z");
      const path = `/api/v1/namespaces/${pod.metadata.namespace ?? ""}/pods/${pod.metadata.name}/status`;
      const conditions = [{ type: "Ready", status: "True", lastTransitionTime }];
      await api.call("PATCH", path, { status: { conditions } }, strategicMergePatch);
    }
  }

  async #runsCilium(api: KubeApi): Promise<boolean> {
    const query = `labelSelector=k8s-app%3Dcilium&fieldSelector=spec.nodeName%3D${this.#options.config.hostname}`;
    const pods = await api.list(`/api/v1/namespaces/kube-system/pods?${query}`);
    // Not by its Ready, which the cluster takes from the pods of a Node that was away: a machine that joins anew under its name
    // has the pods of before, and starts them.
    return pods.some(containersRun);
  }

  async #renewLease(api: KubeApi): Promise<void> {
    const name = this.#options.config.hostname;
    const collection = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
    const spec = {
      holderIdentity: name,
      leaseDurationSeconds: 40,
      renewTime: new Date().toISOString().replace("Z", "000Z"),
    };
    try {
      await api.call("PATCH", `${collection}/${name}`, { spec }, mergePatch);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      const lease = {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name, namespace: "kube-node-lease" },
        spec,
      };
      await api.call("POST", collection, lease);
    }
    this.#lastLease = Date.now();
  }

  async #mirror(api: KubeApi): Promise<void> {
    const { config, address, staticPods } = this.#options;
    for (const staticPod of staticPods()) {
      const pod: LabObject = mirrorPod(staticPod, config.hostname, address);
      const path = `/api/v1/namespaces/kube-system/pods/${pod.metadata.name}`;
      const found = await api.find(path);
      if (found?.metadata.annotations?.["kubernetes.io/config.hash"] === staticPod.hash) {
        if (isReady(found) !== staticPod.ready || found.status?.["hostIP"] !== address)
          await api.call("PATCH", `${path}/status`, { status: pod.status }, mergePatch);
        continue;
      }
      if (found !== undefined) await api.call("DELETE", `${path}?gracePeriodSeconds=0`);
      const { status, ...object } = pod;
      await api.call("POST", "/api/v1/namespaces/kube-system/pods", object);
      await api.call("PATCH", `${path}/status`, { status }, mergePatch);
    }
  }

  async #clients(): Promise<readonly [all: KubeApi, own: KubeApi]> {
    if (this.#api === undefined || this.#own === undefined) {
      const { all, own } = await this.#access();
      this.#api = new KubeApi(all);
      this.#own = new KubeApi(own);
    }
    return [this.#api, this.#own];
  }

  async #access(): Promise<{ readonly all: ApiAccess; readonly own: ApiAccess }> {
    const { config, address } = this.#options;
    const authority = this.#options.authority();
    if (authority === undefined) throw new Error("no control plane of this cluster runs");
    const client = (organization: string): Promise<IssuedCertificate> =>
      issueCertificate(authority, {
        commonName: `system:node:${config.hostname}`,
        organization,
        usages: ["client"],
      });
    const [all, own, server] = await Promise.all([
      // The statuses of played pods need more than a kubelet may.
      client("system:masters"),
      client("system:nodes"),
      issueCertificate(authority, {
        commonName: config.hostname,
        names: [address, config.hostname],
        usages: ["server"],
      }),
    ]);
    this.#server ??= await startKubeletServer({
      address,
      port: ports.kubelet,
      ca: authority.crt,
      certificate: server,
      logs: this.#options.logs,
    });
    const where = { server: config.endpoint, ca: authority.crt };
    return { all: { ...where, ...all }, own: { ...where, ...own } };
  }
}
