import { KubeConfig, type RequestContext } from "@kubernetes/client-node";

/** Milliseconds that an answer is waited for: lists of a home's objects take a second. */
export const defaultAnswerMs = 30_000;

/**
 * Gives every request a time limit, and ends it when the step ends. An address whose machine has lost its power refuses
 * nothing, and the client alone would wait until TCP gives up, which is a quarter of an hour.
 */
export class ImpatientConfig extends KubeConfig {
  readonly #answerMs: number;
  readonly #signal: AbortSignal | undefined;

  /** @param signal of the step; not given: only the time limit ends a request */
  constructor(kubeconfig: string, answerMs: number, signal?: AbortSignal) {
    super();
    this.#answerMs = answerMs;
    this.#signal = signal;
    this.loadFromString(kubeconfig);
  }

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context);
    const limit = AbortSignal.timeout(this.#answerMs);
    context.setSignal(this.#signal === undefined ? limit : AbortSignal.any([limit, this.#signal]));
  }
}
