import { KubeConfig, type RequestContext } from "@kubernetes/client-node";

/** Milliseconds that an answer is waited for: lists of a home's objects take a second. */
export const defaultAnswerMs = 30_000;

/**
 * Gives every request a time limit. An address whose machine has lost its power refuses nothing, and the client alone would
 * wait until TCP gives up, which is a quarter of an hour.
 */
export class ImpatientConfig extends KubeConfig {
  readonly #answerMs: number;

  constructor(kubeconfig: string, answerMs: number) {
    super();
    this.#answerMs = answerMs;
    this.loadFromString(kubeconfig);
  }

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context);
    context.setSignal(AbortSignal.timeout(this.#answerMs));
  }
}
