import { KubeConfig, type RequestContext } from "@kubernetes/client-node";

/** Whom a client answers to, and how long it waits. */
export interface Patience {
  /** Milliseconds that an answer is waited for. Default: lists of a home's objects take a second. */
  readonly answerMs?: number;
  /** Of the step: ends requests and the waiting between them. */
  readonly signal?: AbortSignal;
}

/**
 * Gives every request a time limit, and ends it when the step ends. An address whose machine has lost its power refuses
 * nothing, and the client alone would wait until TCP gives up, which is a quarter of an hour.
 */
export class TimedKubeConfig extends KubeConfig {
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
