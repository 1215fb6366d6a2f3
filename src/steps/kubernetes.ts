// The Kubernetes API as the steps use it.
import { setTimeout as delay } from "node:timers/promises";
import type { ApiException, KubernetesObject } from "@kubernetes/client-node";
import type { KubernetesClient, Patience } from "./kubernetesClient.ts";
import { messageOf } from "./stepError.ts";

/** An object of any kind, read as plain data. */
export interface KubeObject extends KubernetesObject {
  readonly spec?: Record<string, unknown>;
  readonly status?: Record<string, unknown>;
  readonly data?: Record<string, string>;
}

/** One condition of an object's status. Source: kubernetes/apimachinery metav1.Condition. */
export interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason?: string;
  readonly message?: string;
}

/** Why an eviction was refused. */
export interface Refusal {
  /** The API server's words, e.g. that a disruption budget does not allow it. */
  readonly reason: string;
  /** Whether it may be granted later. */
  readonly retry: boolean;
}

/** How long an API server that is too busy is asked again. */
const busyMs = 30_000;

/** A client of one cluster, from the kubeconfig that the step was given; never the user's own default cluster. */
export class Kubernetes {
  readonly #kubeconfig: string;
  readonly #patience: Patience;
  #client: Promise<KubernetesClient> | undefined;

  /** @param patience a step is one */
  constructor(kubeconfig: string, { answerMs, signal }: Patience = {}) {
    this.#kubeconfig = kubeconfig;
    this.#patience = { answerMs, signal };
  }

  /** The same cluster by the API server of one control plane, whatever the kubeconfig's endpoint is. */
  at(address: string, answerMs?: number): Kubernetes {
    const kubeconfig = this.#kubeconfig.replace(/(server: https:\/\/)[^:/\s]+/, `$1${address}`);
    return new Kubernetes(kubeconfig, { ...this.#patience, answerMs });
  }

  /** The same cluster and address with another longest wait for an answer, in milliseconds. */
  within(answerMs: number): Kubernetes {
    return new Kubernetes(this.#kubeconfig, { ...this.#patience, answerMs });
  }

  /** Version of the API server, e.g. `v1.35.4`. */
  async version(): Promise<string> {
    return (await this.#ask(async ({ version }) => version.getCode())).gitVersion;
  }

  /** Reads an object; undefined when it does not exist, or its kind is not known (yet). */
  async read(
    apiVersion: string,
    kind: string,
    name: string,
    namespace = "",
  ): Promise<KubeObject | undefined> {
    const header = { apiVersion, kind, metadata: { name, namespace } };
    return this.#ask(async ({ objects }) => objects.read<KubeObject>(header).catch(unlessAbsent));
  }

  /**
   * Lists all objects of a kind. Each says what it is, which those of built-in kinds do not by themselves.
   * @param fieldSelector e.g. `spec.nodeName=k8s-4`
   */
  async list(
    apiVersion: string,
    kind: string,
    namespace?: string,
    fieldSelector?: string,
  ): Promise<readonly KubeObject[]> {
    const options = [undefined, undefined, undefined, fieldSelector] as const;
    const { items } = await this.#ask(async ({ objects }) =>
      objects.list<KubeObject>(apiVersion, kind, namespace, ...options),
    );
    return items.map((item) => Object.assign(item, { apiVersion, kind }));
  }

  /**
   * Server-side apply with force, as field manager `kubectl`: the one manager whose fields kustomize-controller takes
   * over completely. Source: fluxcd/pkg ssa v0.61.0 (field managers that start with `kubectl`).
   */
  async applyAsKubectl(object: KubernetesObject): Promise<void> {
    const query = { fieldManager: "kubectl", force: "true" };
    await this.#patch(object, "application/apply-patch+yaml", object, query);
  }

  /** A JSON patch of an object. Source: RFC 6902. An empty one makes the API server store the object anew. */
  async jsonPatch(object: KubernetesObject, operations: readonly object[]): Promise<void> {
    await this.#patch(object, "application/json-patch+json", operations);
  }

  /** Changes the given fields of an object's status. */
  async patchStatus(object: KubernetesObject, status: object): Promise<void> {
    await this.#patch(object, "application/merge-patch+json", { status }, {}, "/status");
  }

  /** Changes the given fields of an object as field manager `home-ops`; null removes one. */
  async change(
    object: KubernetesObject,
    change: { readonly metadata?: object; readonly spec?: object },
  ): Promise<void> {
    await this.#patch(object, "application/merge-patch+json", change, { fieldManager: "home-ops" });
  }

  /** Deletes an object; one that does not exist is deleted already. */
  async remove(apiVersion: string, kind: string, name: string, namespace?: string): Promise<void> {
    const header = {
      apiVersion,
      kind,
      metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    };
    await this.#ask(async ({ objects }) => objects.delete(header).catch(unlessAbsent));
  }

  /** The last lines that a pod's only container has written; of its former life where it ended before. */
  async podLog(namespace: string, name: string, tailLines: number, previous = false): Promise<string> {
    return this.#ask(async ({ core }) => core.readNamespacedPodLog({ namespace, name, tailLines, previous }));
  }

  /** Asks for a pod's eviction. @returns undefined when it is granted, or the pod is gone */
  async evict(namespace: string, name: string): Promise<Refusal | undefined> {
    const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace } };
    const { core } = await this.#loaded();
    return core.createNamespacedPodEviction({ name, namespace, body }).then(
      () => undefined,
      (error: unknown) => {
        if (isAbsent(error)) return undefined;
        // 429: a disruption budget does not allow it now; 5xx: nobody knows.
        const code = isApiException(error) ? error.code : 500;
        return { reason: readable(error).message, retry: code === 429 || code >= 500 };
      },
    );
  }

  /** The library is large: a third of a second that a step or a command without a question to a cluster does not take. */
  #loaded(): Promise<KubernetesClient> {
    this.#client ??= import("./kubernetesClient.ts").then(
      ({ KubernetesClient: Client }) => new Client(this.#kubeconfig, this.#patience),
    );
    return this.#client;
  }

  async #patch(
    object: KubernetesObject,
    type: string,
    body: unknown,
    query: Readonly<Record<string, string>> = {},
    part = "",
  ): Promise<void> {
    await this.#ask(async ({ objects }) => objects.patchPlainly(object, type, body, query, part));
  }

  /**
   * Asks, and asks again while the API server says that it is too busy: for a moment after its start, while it reads its
   * storage, and when it is overrun. It has not done what it was asked then, and says when to ask again. Source:
   * kubernetes/kubernetes, "storage is (re)initializing"; client-go asks again as well.
   */
  async #ask<T>(ask: (client: KubernetesClient) => Promise<T>): Promise<T> {
    const { signal } = this.#patience;
    const client = await this.#loaded();
    const end = Date.now() + busyMs;
    for (;;) {
      signal?.throwIfAborted();
      try {
        return await ask(client);
      } catch (error) {
        const pauseMs = askedToWait(error);
        if (pauseMs === undefined || Date.now() + pauseMs > end) throw readable(error);
        await delay(pauseMs, undefined, { signal });
      }
    }
  }
}

/** The condition of that type, if the object has one. */
export function conditionOf(object: KubeObject, type: string): Condition | undefined {
  const conditions = object.status?.["conditions"] as readonly Condition[] | undefined;
  return conditions?.find((condition) => condition.type === type);
}

/** Whether its controller has seen the last change of an object. */
export function isObserved({ metadata, status }: KubeObject): boolean {
  return Number(status?.["observedGeneration"] ?? 0) >= (metadata?.generation ?? 0);
}

/** What the API server said, without the HTTP headers that the client puts into its messages. */
function readable(error: unknown): Error {
  if (isApiException(error)) {
    const body: unknown = typeof error.body === "string" ? parsed(error.body) : error.body;
    const message = (body as { message?: string } | undefined)?.message;
    return new Error(`Kubernetes API: ${message ?? `HTTP ${error.code}`}`);
  }
  if (!(error instanceof Error)) return new Error(String(error));
  return error.name === "AbortError" ? new Error("Kubernetes API: no answer in time") : error;
}

/** An answer of the API server that is no success. The class itself is in the library that is loaded late. */
function isApiException(error: unknown): error is ApiException<unknown> {
  return error instanceof Error && "code" in error && "headers" in error;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text };
  }
}

/** Without a time it is refused for good, e.g. by a disruption budget. */
function askedToWait(error: unknown): number | undefined {
  if (!isApiException(error) || error.code !== 429) return undefined;
  const seconds = Number(error.headers["retry-after"]);
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
}

function isAbsent(error: unknown): boolean {
  if (isApiException(error)) return error.code === 404;
  // The client's own words for a kind that the API server does not serve (a CRD that is not there yet).
  return /Unrecognized API version and kind/i.test(messageOf(error));
}

function unlessAbsent(error: unknown): undefined {
  if (!isAbsent(error)) throw error;
}
