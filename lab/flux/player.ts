// Plays the pods of Flux for real: whenever the cluster's Deployments make a pod, the controller of that image's version
// runs as a process on this host, with the pod's arguments and service account; when the pod is deleted, it ends.
import { join } from "node:path";
import type { Forwarder } from "../kubernetes/endpoint.ts";
import { startForwarder } from "../kubernetes/endpoint.ts";
import { ApiError, type KubeApi, type LabObject } from "../kubernetes/kubeApi.ts";
import { ports, type LabLayout } from "../layout.ts";
import type { Toolbox } from "../../tools/toolbox.ts";
import { programFor } from "./images.ts";
import { FluxPod } from "./pod.ts";
import { containerOf } from "./podStatus.ts";

/** What the player needs. */
export interface FluxOptions {
  readonly layout: LabLayout;
  readonly toolbox: Toolbox;
  /** Proxy variables. */
  readonly internet: Readonly<Record<string, string>>;
  readonly api: KubeApi;
  /** URL and CA (PEM) of the API, for the controllers. */
  readonly server: string;
  readonly ca: string;
}

const podsPath = "/api/v1/namespaces/flux-system/pods?labelSelector=app.kubernetes.io%2Fpart-of%3Dflux";

/** Starts following the cluster's Flux pods. */
export function startFlux(options: FluxOptions): FluxPlayer {
  return new FluxPlayer(options);
}

/** A running player. */
export class FluxPlayer {
  readonly #options: FluxOptions;
  readonly #pods = new Map<string, FluxPod>();
  readonly #ending = new Map<string, Promise<void>>();
  readonly #stop = new AbortController();
  readonly #following: Promise<void>;
  readonly #forwarders: Promise<readonly Forwarder[]>;
  #nextIP = 0;

  constructor(options: FluxOptions) {
    this.#options = options;
    this.#forwarders = this.#listen();
    this.#following = options.api.follow(podsPath, this.#stop.signal, (pods) => {
      this.#adjust(pods);
    });
  }

  /** Log file of a pod's container; undefined for a pod that is not played here. */
  logOf(namespace: string, pod: string, _container: string): string | undefined {
    const known = namespace === "flux-system" && this.#names().includes(pod);
    return known ? this.#logFile(pod) : undefined;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#following;
    await Promise.all([...this.#pods.values()].map((pod) => pod.stop("machine stops")));
    await Promise.all(this.#ending.values());
    await Promise.all((await this.#forwarders).map((forwarder) => forwarder.stop()));
  }

  #names(): readonly string[] {
    return [...this.#pods.keys()].map((key) => key.split(" ")[0] ?? "");
  }

  #adjust(pods: readonly LabObject[]): void {
    const alive = new Set<string>();
    for (const pod of pods) {
      const key = keyOf(pod);
      alive.add(key);
      if (pod.metadata.deletionTimestamp !== undefined) this.#end(key, pod);
      else if (!this.#pods.has(key) && pod.spec?.["nodeName"] !== undefined) this.#begin(key, pod);
    }
    for (const key of this.#pods.keys()) if (!alive.has(key)) this.#end(key);
  }

  #begin(key: string, pod: LabObject): void {
    const { layout, toolbox, internet, api, server, ca } = this.#options;
    const { name, uid = "" } = pod.metadata;
    this.#nextIP = (this.#nextIP % 250) + 1;
    this.#pods.set(
      key,
      new FluxPod({
        pod,
        program: programFor(toolbox, containerOf(pod).image),
        api,
        server,
        ca,
        address: layout.podsAddress,
        // Not a loopback address, which Endpoints refuse. Nobody connects to it: the processes know each other's ports.
        podIP: `10.244.250.${String(this.#nextIP)}`,
        folder: join(layout.state, "flux", uid),
        logFile: this.#logFile(name),
        internet,
        onReady: () => {
          this.#follow();
        },
      }),
    );
  }

  /** Ends the process first, then the pod, as a kubelet does. */
  #end(key: string, pod?: LabObject): void {
    const running = this.#pods.get(key);
    this.#pods.delete(key);
    this.#follow();
    if (this.#ending.has(key)) return;
    if (running === undefined && pod === undefined) return;
    const work = this.#finish(running, pod)
      .catch((error: unknown) => console.error(`pod ${key}: ${String(error)}`))
      .finally(() => this.#ending.delete(key));
    this.#ending.set(key, work);
  }

  async #finish(running: FluxPod | undefined, pod: LabObject | undefined): Promise<void> {
    await running?.stop("deleted");
    if (pod === undefined) return;
    const { name, namespace = "", uid } = pod.metadata;
    const body = { apiVersion: "v1", kind: "DeleteOptions", gracePeriodSeconds: 0, preconditions: { uid } };
    try {
      await this.#options.api.call("DELETE", `/api/v1/namespaces/${namespace}/pods/${name}`, body);
    } catch (error) {
      // Gone already, or another pod of that name. When the API server is away, the next listing shows it again.
      if (!(error instanceof ApiError)) return;
      if (error.status !== 404 && error.status !== 409) throw error;
    }
  }

  /** The Services lead to what is ready now. */
  #follow(): void {
    this.#forwarders
      .then((forwarders) => Promise.all(forwarders.map((forwarder) => forwarder.follow())))
      .catch((error: unknown) => {
        console.error(`flux: ${String(error)}`);
      });
  }

  /** The Services `notification-controller` and `webhook-receiver`: to a ready pod, the youngest first. */
  async #listen(): Promise<readonly Forwarder[]> {
    const address = this.#options.layout.podsAddress;
    const to = (kind: "events" | "receiver") => () =>
      [...this.#pods.values()]
        .filter((pod) => pod.app === "notification-controller" && pod.ready)
        .reverse()
        .map((pod) => ({ address, port: pod.listeners[kind] }));
    return Promise.all([
      startForwarder({ address, port: ports.fluxEvents, targets: to("events") }),
      startForwarder({ address, port: ports.fluxReceiver, targets: to("receiver") }),
    ]);
  }

  #logFile(pod: string): string {
    return join(this.#options.layout.logs, `flux-${pod}.log`);
  }
}

function keyOf(pod: LabObject): string {
  return `${pod.metadata.name} ${pod.metadata.uid ?? ""}`;
}
