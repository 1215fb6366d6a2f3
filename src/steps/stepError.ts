/**
 * A failure that somebody can mend: printed as it is, without a stack.
 *
 * The message says what failed and where, what was found and what was expected; `todo` is the next step.
 */
export class StepError extends Error {
  /** What to do about it, one sentence, e.g. `switch the machine on and run pulumi up again`. */
  readonly todo: string;

  constructor(message: string, todo: string) {
    super(message);
    this.name = "StepError";
    this.todo = todo;
  }
}

/** Nobody answers, or the site says that it has a problem of its own: no fault of the config, and over by itself. */
export class SiteDownError extends StepError {}
