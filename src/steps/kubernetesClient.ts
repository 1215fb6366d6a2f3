// The Kubernetes library, in one file that is loaded when a cluster is asked something.
import {
  CoreV1Api,
  HttpMethod,
  KubeConfig,
  KubernetesObjectApi,
  VersionApi,
  type KubernetesObject,
  type RequestContext,
} from "@kubernetes/client-node";

/** Whom a client answers to, and how long it waits. */
export interface Patience {
  /** Milliseconds that an answer is waited for. Default: lists of a home's objects take a second. */
  readonly answerMs?: number | undefined;
  /** Of the step: ends requests and the waiting between them. */
  readonly signal?: AbortSignal | undefined;
}

/** The APIs of one cluster that the steps use. */
export class KubernetesClient {
  readonly objects: PlainObjects;
  readonly core: CoreV1Api;
  readonly version: VersionApi;

  constructor(kubeconfig: string, patience: Patience) {
    const config = new TimedKubeConfig(kubeconfig, patience);
    this.objects = config.makeApiClient(PlainObjects);
    this.core = config.makeApiClient(CoreV1Api);
    this.version = config.makeApiClient(VersionApi);
  }
}

/**
 * Patches objects exactly as they are. The client's own patch turns objects of known kinds into its classes first and loses
 * what those spell differently, such as a definition's x-kubernetes-preserve-unknown-fields.
 */
class PlainObjects extends KubernetesObjectApi {
  async patchPlainly(
    object: KubernetesObject,
    type: string,
    body: unknown,
    query: Readonly<Record<string, string>>,
    part: string,
  ): Promise<void> {
    const path = (await this.specUriPath(object, "patch")) + part;
    const request = this.configuration.baseServer.makeRequestContext(path, HttpMethod.PATCH);
    request.setHeaderParam("Accept", "application/json");
    request.setHeaderParam("Content-Type", type);
    for (const [key, value] of Object.entries(query)) request.setQueryParam(key, value);
    request.setBody(JSON.stringify(body));
    await this.requestPromise(request);
  }
}

/**
 * Gives every request a time limit, and ends it when the step ends. An address whose machine has lost its power refuses
 * nothing, and the client alone would wait until TCP gives up, which is a quarter of an hour.
 */
class TimedKubeConfig extends KubeConfig {
  readonly #patience: Patience;

  constructor(kubeconfig: string, patience: Patience) {
    super();
    this.#patience = patience;
    this.loadFromString(kubeconfig);
  }

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context);
    const { answerMs = 30_000, signal } = this.#patience;
    const limit = AbortSignal.timeout(answerMs);
    context.setSignal(signal === undefined ? limit : AbortSignal.any([limit, signal]));
  }
}
