// The Kubernetes API as the steps use it.
import {
  ApiException,
  KubeConfig,
  KubernetesObjectApi,
  VersionApi,
  type KubernetesObject,
} from "@kubernetes/client-node";

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

/** A client of one cluster, from the kubeconfig that the step was given; never the user's own default cluster. */
export class Kubernetes {
  readonly objects: KubernetesObjectApi;
  readonly #version: VersionApi;

  constructor(kubeconfig: string) {
    const config = new KubeConfig();
    config.loadFromString(kubeconfig);
    this.objects = KubernetesObjectApi.makeApiClient(config);
    this.#version = config.makeApiClient(VersionApi);
  }

  /** Version of the API server, e.g. `v1.35.4`. */
  async version(): Promise<string> {
    return (await this.#version.getCode()).gitVersion;
  }

  /** Reads an object; undefined when it does not exist, or its kind is not known (yet). */
  async read(
    apiVersion: string,
    kind: string,
    name: string,
    namespace?: string,
  ): Promise<KubeObject | undefined> {
    try {
      return await this.objects.read<KubeObject>({
        apiVersion,
        kind,
        metadata: { name, namespace: namespace ?? "" },
      });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw readable(error);
    }
  }

  /** Lists all objects of a kind. */
  async list(apiVersion: string, kind: string, namespace?: string): Promise<readonly KubeObject[]> {
    try {
      return (await this.objects.list<KubeObject>(apiVersion, kind, namespace)).items;
    } catch (error) {
      throw readable(error);
    }
  }

  /**
   * Server-side apply with force, as field manager `kubectl`: the one manager whose fields kustomize-controller takes
   * over completely. Source: fluxcd/pkg ssa v0.61.0 (field managers that start with `kubectl`).
   */
  async applyAsKubectl(object: KubernetesObject): Promise<void> {
    try {
      await this.objects.patch(object, undefined, undefined, "kubectl", true, "application/apply-patch+yaml");
    } catch (error) {
      throw readable(error);
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
