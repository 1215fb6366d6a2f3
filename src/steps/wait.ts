// Waiting for a condition: look, say what is missing when that changes, look again, give up after a while.
import { setTimeout as delay } from "node:timers/promises";
import { messageOf, StepError } from "./stepError.ts";

/** What one look at the world found: done with a value, or not yet and why. */
export type Observation<T> =
  { readonly done: true; readonly value: T } | { readonly done: false; readonly missing: string };

/** The condition holds. */
export function done(): Observation<undefined>;
/** The condition holds, with a value. */
export function done<T>(value: T): Observation<T>;
export function done(value?: unknown): Observation<unknown> {
  return { done: true, value };
}

/** The condition does not hold yet. `missing` is one line for people, e.g. `k8s-1 is NotReady: no CNI`. */
export function notYet(missing: string): Observation<never> {
  return { done: false, missing };
}

/** How to wait. */
export interface WaitOptions {
  /** What is waited for, as in "waiting for <what>". */
  readonly what: string;
  /** Seconds until giving up. */
  readonly timeoutSeconds: number;
  /** When those seconds began, as Date.now() says it, where something before belongs to the wait. Default: now. */
  readonly since?: number;
  /** What to do when it never happens; or the failure itself, made of what was missing last. */
  readonly todo: string | ((missing: string) => StepError | Promise<StepError>);
  /** Milliseconds between two looks. Default 1000. */
  readonly intervalMs?: number;
  /** Ends the wait early (time limit of the step, Ctrl-C). */
  readonly signal: AbortSignal;
  /** Receives a line each time what is missing changes. */
  readonly say: (line: string) => void;
}

/**
 * Looks until the condition holds. A look that throws counts as "not yet" with the error's message, unless it throws a
 * StepError: that ends the wait.
 * @throws StepError when the time is over, naming the last thing that was missing
 */
export async function waitFor<T>(options: WaitOptions, look: () => Promise<Observation<T>>): Promise<T> {
  const { what, timeoutSeconds, since = Date.now(), todo, intervalMs = 1000, signal, say } = options;
  const end = since + timeoutSeconds * 1000;
  let missing: string | undefined;
  signal.throwIfAborted();
  for (;;) {
    const seen = await look().catch((error: unknown) => {
      if (error instanceof StepError) throw error;
      return notYet(messageOf(error));
    });
    if (seen.done) return seen.value;
    signal.throwIfAborted();
    if (seen.missing !== missing) say(seen.missing);
    missing = seen.missing;
    if (Date.now() >= end)
      throw typeof todo === "function"
        ? await todo(missing)
        : new StepError(`${what}: not there after ${timeoutSeconds} s; last seen: ${missing}`, todo);
    await delay(intervalMs, undefined, { signal });
  }
}
