/**
 * What is wrong and what to do about it, where somebody can do something: printed as {@link describe} writes it, without a stack.
 *
 * The message says what failed and where, what was found and what was expected; `todo` is the next step.
 */
export class StepError extends Error {
  /** What to do about it, one sentence, e.g. `switch the machine on and run pulumi up again`; empty where the message says it. */
  readonly todo: string;

  constructor(message: string, todo = "") {
    super(message);
    this.name = "StepError";
    this.todo = todo;
  }
}

/** Nobody answers, or the site says that it has a problem of its own: no fault of the config, and over by itself. */
export class SiteDownError extends StepError {}

/** What is wrong, and below it what to do, e.g. `k8s-1 does not answer\n  → switch it on`: the form in every terminal. */
export function describe({ message, todo }: { readonly message: string; readonly todo?: string }): string {
  return todo === undefined || todo === "" ? message : `${message}\n  → ${todo}`;
}

/** The words of an error of any kind. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The words of what is behind an error: fetch has the interesting part ("connection refused") in its cause. */
export function causeOf(error: unknown): string {
  return messageOf(error instanceof Error ? (error.cause ?? error) : error);
}
