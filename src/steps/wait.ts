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
  /** What to do when it never happens. */
  readonly todo: string;
  /** Milliseconds between two looks. Default 1000. */
  readonly intervalMs?: number;
  /** Ends the wait early (time limit of the step, Ctrl-C). */
  readonly signal: AbortSignal;
  /** Receives a line each time what is missing changes. */
  readonly say: (line: string) => void;
}

/**
 * Looks until the condition holds.
 *
 * A look that throws counts as "not yet" with the error's message, unless it throws a StepError: that ends the wait.
 * @throws StepError when the time is over, naming the last thing that was missing
 */
export async function waitFor<T>(options: WaitOptions, look: () => Promise<Observation<T>>): Promise<T> {
  const end = (options.since ?? Date.now()) + options.timeoutSeconds * 1000;
  let missing = "";
  for (;;) {
    options.signal.throwIfAborted();
    const seen = await observe(look);
    if (seen.done) return seen.value;
    if (seen.missing !== missing) {
      missing = seen.missing;
      options.say(missing);
    }
    if (Date.now() >= end)
      throw new StepError(
        `${options.what}: not there after ${String(options.timeoutSeconds)} s; last seen: ${missing}`,
        options.todo,
      );
    await delay(options.intervalMs ?? 1000, undefined, { signal: options.signal });
  }
}

async function observe<T>(look: () => Promise<Observation<T>>): Promise<Observation<T>> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof StepError) throw error;
    return notYet(messageOf(error));
  }
}
