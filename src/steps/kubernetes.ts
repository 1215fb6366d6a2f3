// The Kubernetes API as the steps use it.
import { readFileSync } from "node:fs";
import {
  ApiException,
  CoreV1Api,
  HttpMethod,
  KubernetesObjectApi,
  PatchStrategy,
  VersionApi,
  type KubernetesObject,
} from "@kubernetes/client-node";
import { whenNotBusy } from "./busyApi.ts";
import { defaultAnswerMs, ImpatientConfig } from "./impatientConfig.ts";

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
  readonly observedGeneration?: number;
}

/** A patch as it goes over the wire. */
interface PlainPatch {
  readonly contentType: string;
  readonly query?: Readonly<Record<string, string>>;
  /** e.g. `status` */
  readonly subresource?: string;
  readonly body: unknown;
}

/**
 * Patches of objects exactly as they are. The client's own patch turns objects of known kinds into its classes first and
 * loses what those spell differently, such as a definition's x-kubernetes-preserve-unknown-fields.
 */
class PlainObjects extends KubernetesObjectApi {
  async patchPlainly(
    object: KubernetesObject,
    { contentType, query = {}, subresource, body }: PlainPatch,
  ): Promise<void> {
    const path = await this.specUriPath(object, "patch");
    const request = this.configuration.baseServer.makeRequestContext(
      subresource === undefined ? path : `${path}/${subresource}`,
      HttpMethod.PATCH,
    );
    request.setHeaderParam("Accept", "application/json");
    request.setHeaderParam("Content-Type", contentType);
    for (const [key, value] of Object.entries(query)) request.setQueryParam(key, value);
    request.setBody(JSON.stringify(body));
    await this.requestPromise(request);
  }
}

/** Why an eviction was refused. */
export interface Refusal {
  /** The API server's words, e.g. that a disruption budget does not allow it. */
  readonly reason: string;
  /** Whether it may be granted later. */
  readonly retry: boolean;
}

/** A client of one cluster, from the kubeconfig that the step was given; never the user's own default cluster. */
export class Kubernetes {
  readonly objects: KubernetesObjectApi;
  readonly #plain: PlainObjects;
  readonly #version: VersionApi;
  readonly #core: CoreV1Api;
  readonly #kubeconfig: string;
  readonly #signal: AbortSignal | undefined;

  /**
   * @param answerMs longest wait for an answer, milliseconds
   * @param signal of the step: ends requests and the waiting between them
   */
  constructor(kubeconfig: string, answerMs = defaultAnswerMs, signal?: AbortSignal) {
    this.#kubeconfig = kubeconfig;
    this.#signal = signal;
    const config = new ImpatientConfig(kubeconfig, answerMs, signal);
    this.objects = KubernetesObjectApi.makeApiClient(config);
    this.#plain = config.makeApiClient(PlainObjects);
    this.#version = config.makeApiClient(VersionApi);
    this.#core = config.makeApiClient(CoreV1Api);
  }

  /** A client from a kubeconfig in a file; `hide` gets its text, which is a secret. */
  static fromFile(file: string, hide: (secret: string) => void, signal?: AbortSignal): Kubernetes {
    const kubeconfig = readFileSync(file, "utf8");
    hide(kubeconfig);
    return new Kubernetes(kubeconfig, defaultAnswerMs, signal);
  }

  /** The same cluster by the API server of one control plane, whatever the kubeconfig's endpoint is. */
  at(address: string, answerMs = defaultAnswerMs): Kubernetes {
    const server = this.#kubeconfig.replace(/(server: https:\/\/)[^:/\s]+/, `$1${address}`);
    return new Kubernetes(server, answerMs, this.#signal);
  }

  /** The same cluster and address with another longest wait for an answer, in milliseconds. */
  within(answerMs: number): Kubernetes {
    return new Kubernetes(this.#kubeconfig, answerMs, this.#signal);
  }

  /** Version of the API server, e.g. `v1.35.4`. */
  async version(): Promise<string> {
    try {
      return (await this.#version.getCode()).gitVersion;
    } catch (error) {
      throw readable(error);
    }
  }

  /** Reads an object; undefined when it does not exist, or its kind is not known (yet). */
  async read(
    apiVersion: string,
    kind: string,
    name: string,
    namespace?: string,
  ): Promise<KubeObject | undefined> {
    try {
      const header = { apiVersion, kind, metadata: { name, namespace: namespace ?? "" } };
      return await this.#whenNotBusy(() => this.objects.read<KubeObject>(header));
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw readable(error);
    }
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
    try {
      const { items } = await this.#whenNotBusy(() =>
        this.objects.list<KubeObject>(
          apiVersion,
          kind,
          namespace,
          undefined,
          undefined,
          undefined,
          fieldSelector,
        ),
      );
      return items.map((item) => Object.assign(item, { apiVersion, kind }));
    } catch (error) {
      throw readable(error);
    }
  }

  /**
   * Server-side apply with force, as field manager `kubectl`: the one manager whose fields kustomize-controller takes
   * over completely. Source: fluxcd/pkg ssa v0.61.0 (field managers that start with `kubectl`).
   */
  async applyAsKubectl(object: KubernetesObject): Promise<void> {
    await this.#patch(object, {
      contentType: "application/apply-patch+yaml",
      query: { fieldManager: "kubectl", force: "true" },
      body: object,
    });
  }

  /** A JSON patch of an object. Source: RFC 6902. An empty one makes the API server store the object anew. */
  async jsonPatch(object: KubernetesObject, operations: readonly object[]): Promise<void> {
    await this.#patch(object, { contentType: PatchStrategy.JsonPatch, body: operations });
  }

  /** Changes the given fields of an object's status. */
  async patchStatus(object: KubernetesObject, status: object): Promise<void> {
    await this.#patch(object, {
      contentType: PatchStrategy.MergePatch,
      subresource: "status",
      body: { status },
    });
  }

  /** Changes the given fields of an object as field manager `home-ops`; null removes one. */
  async change(
    object: KubernetesObject,
    change: { readonly metadata?: object; readonly spec?: object },
  ): Promise<void> {
    await this.#patch(object, {
      contentType: PatchStrategy.MergePatch,
      query: { fieldManager: "home-ops" },
      body: change,
    });
  }

  /** Deletes an object without a namespace; one that does not exist is deleted already. */
  async remove(apiVersion: string, kind: string, name: string): Promise<void> {
    try {
      await this.#whenNotBusy(() => this.objects.delete({ apiVersion, kind, metadata: { name } }));
    } catch (error) {
      if (!isNotFound(error)) throw readable(error);
    }
  }

  /** The last lines that a pod's only container has written; of its former life where it ended before. */
  async podLog(namespace: string, name: string, tailLines: number, previous = false): Promise<string> {
    try {
      return await this.#core.readNamespacedPodLog({ namespace, name, tailLines, previous });
    } catch (error) {
      throw readable(error);
    }
  }

  #whenNotBusy<T>(ask: () => Promise<T>): Promise<T> {
    return whenNotBusy(ask, this.#signal);
  }

  async #patch(object: KubernetesObject, patch: PlainPatch): Promise<void> {
    try {
      await this.#whenNotBusy(() => this.#plain.patchPlainly(object, patch));
    } catch (error) {
      throw readable(error);
    }
  }

  /** Asks for a pod's eviction. @returns undefined when it is granted, or the pod is gone */
  async evict(namespace: string, name: string): Promise<Refusal | undefined> {
    try {
      const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace } };
      await this.#core.createNamespacedPodEviction({ name, namespace, body });
      return undefined;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      // 429: a disruption budget does not allow it now; 5xx: nobody knows.
      const code = error instanceof ApiException ? error.code : 500;
      return { reason: readable(error).message, retry: code === 429 || code >= 500 };
    }
  }
}

/** The condition of that type, if the object has one. */
export function conditionOf(object: KubeObject, type: string): Condition | undefined {
  const conditions = object.status?.["conditions"] as readonly Condition[] | undefined;
  return conditions?.find((condition) => condition.type === type);
}

/** What the API server said, without the HTTP headers that the client puts into its messages. */
function readable(error: unknown): Error {
  if (error instanceof ApiException) {
    const body: unknown = typeof error.body === "string" ? parsed(error.body) : error.body;
    const message = (body as { message?: string } | undefined)?.message;
    return new Error(`Kubernetes API: ${message ?? `HTTP ${String(error.code)}`}`);
  }
  if (error instanceof Error && error.name === "AbortError")
    return new Error("Kubernetes API: no answer in time");
  return error instanceof Error ? error : new Error(String(error));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text };
  }
}

function isNotFound(error: unknown): boolean {
  if (error instanceof ApiException) return error.code === 404;
  // The client's own words for a kind that the API server does not serve (a CRD that is not there yet).
  return error instanceof Error && /Unrecognized API version and kind/i.test(error.message);
}
