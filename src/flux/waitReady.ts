import { setTimeout as delay } from "node:timers/promises";
import type { Step } from "../steps/step.ts";
import { StepError } from "../steps/stepError.ts";
import type { Observation } from "../steps/wait.ts";
import { remedyFor } from "./ready.ts";
import { readySeconds } from "./contracts.ts";

/**
 * Waits for a Flux object, printing what it says of itself whenever that changes.
 * @throws StepError with the object's own last words and what to do about them
 */
export async function waitReady<T>(
  step: Step,
  what: string,
  look: () => Promise<Observation<T>>,
): Promise<T> {
  const end = Date.now() + readySeconds * 1000;
  let said = "";
  for (;;) {
    const seen = await look().catch((error: unknown): Observation<never> => {
      step.signal.throwIfAborted();
      return { done: false, missing: `${what}: ${error instanceof Error ? error.message : String(error)}` };
    });
    if (seen.done) return seen.value;
    if (seen.missing !== said) step.say(seen.missing);
    said = seen.missing;
    if (Date.now() > end)
      throw new StepError(`${what} is not Ready after ${String(readySeconds)} s. ${said}`, remedyFor(said));
    await delay(1000, undefined, { signal: step.signal });
  }
}
