import type { Step } from "../steps/step.ts";
import { messageOf, StepError } from "../steps/stepError.ts";
import { notYet, type Observation } from "../steps/wait.ts";
import { remedyFor } from "./ready.ts";
import { readySeconds } from "./contracts.ts";

/**
 * Waits for a Flux object, printing what it says of itself whenever that changes.
 * @throws StepError with the object's own last words and what to do about them
 */
export async function waitReady<T, What extends string>(
  step: Step,
  what: What,
  look: (what: What) => Promise<Observation<T>>,
): Promise<T> {
  const todo = (said: string): StepError =>
    new StepError(`${what} is not Ready after ${readySeconds} s. ${said}`, remedyFor(said));
  return step.waitFor({ what, timeoutSeconds: readySeconds, todo }, async () =>
    look(what).catch((error: unknown) => notYet(`${what}: ${messageOf(error)}`)),
  );
}
