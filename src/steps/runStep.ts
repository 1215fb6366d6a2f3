// A step that the program runs by itself, where a resource would show a change in the preview that is none
// (docs/decisions/0006). The steps' own frame does the rest: progress, redaction, time limit, what to do.
import * as pulumi from "@pulumi/pulumi";
import type { Contract, GivenOf } from "./contract.ts";
import { run } from "./run.ts";
import { carried, textOf } from "./transport.ts";

/** Longer than any step's own limit, which has the better message. */
const timeoutSeconds = 3_600;

/** How a step says what is no failure, and is to stay on the screen. */
const warning = "warning: ";

/**
 * Runs a step in the project's root, its lines on Pulumi's screen.
 * @throws pulumi.RunError with the step's own message when it fails
 */
export async function runStep<C extends Contract>(
  { name, inputs, secrets }: C,
  given: GivenOf<C>,
): Promise<void> {
  const told = carried({ ...inputs, ...secrets }, given);
  const { code, stdout, stderr } = await run(process.execPath, ["src/step.ts", name], {
    env: Object.fromEntries(told.map(({ name, field, value }) => [name, textOf(field, value)])),
    timeoutSeconds,
    signal: new AbortController().signal,
    onLine: (line) => {
      if (line.startsWith(warning)) void pulumi.log.warn(line.slice(warning.length));
      // Shown while it runs; the result is said once more, to stay.
      else void pulumi.log.info(line, undefined, undefined, true);
    },
  });
  if (code !== 0) throw new pulumi.RunError(stderr.trim());
  await pulumi.log.info(stdout.trim().split("\n").at(-1) ?? "");
}

/**
 * The value of an output as soon as there is one.
 * @throws what has kept the output from getting one, e.g. an error in an `apply` that it comes from
 */
export async function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  // The SDK has no public way to hear of the failure: an `apply` is not called then, and a promise made of one waits for ever.
  return (output as unknown as { promise: () => Promise<T> }).promise();
}
