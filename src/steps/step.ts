// The frame of every step: its inputs, progress lines, one result, a time limit, errors that say what to do, secrets kept
// out of all of it.
import type { Contract, InputOf, ResultOf } from "./contract.ts";
import { PrivateFolder } from "./privateFolder.ts";
import { Redactor } from "./redact.ts";
import { describe, StepError } from "./stepError.ts";
import { inputsOf } from "./transport.ts";
import { waitFor, type Observation, type WaitOptions } from "./wait.ts";

/** What a step's body works with. */
export class Step {
  readonly #redactor = new Redactor();
  #folder: PrivateFolder | undefined;
  /** Aborted by the time limit and by SIGINT or SIGTERM. Hand it to everything that can wait. */
  readonly signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.signal = signal;
  }

  /** Prints one line of progress, without secrets. */
  say(line: string): void {
    process.stdout.write(`${this.#redactor.redact(line)}\n`);
  }

  /** Prints one line that stays on the screen where the program runs the step itself (src/steps/runStep.ts). */
  warn(line: string): void {
    this.say(`warning: ${line}`);
  }

  /** Prints a failure, on standard error, without secrets. */
  complain(text: string): void {
    process.stderr.write(`${this.#redactor.redact(text)}\n`);
  }

  /** Redacts a value that this step learnt or made itself. */
  hide(value: string): void {
    this.#redactor.learn(value);
  }

  /** Writes a secret to a file that only this process' owner can read and that goes with the process. */
  secretFile(name: string, content: string): string {
    this.#folder ??= new PrivateFolder();
    return this.#folder.write(name, content);
  }

  /** Waits for a condition with this step's signal and progress lines. */
  async waitFor<T>(
    options: Omit<WaitOptions, "signal" | "say">,
    look: () => Promise<Observation<T>>,
  ): Promise<T> {
    return waitFor({ ...options, signal: this.signal, say: (line) => this.say(line) }, look);
  }
}

/**
 * The work of a step: a plain function of its inputs, whose clients are further parameters with a default. It returns what it
 * has reached, in one line for people unless the contract has a result.
 */
export type Body<C extends Contract> = (step: Step, input: InputOf<C>) => Promise<ResultOf<C>>;

/**
 * Performs a step in this process: reads its inputs, loads and calls its body, prints the result, and ends the process with
 * 0, or with 1 after one message with the next step.
 */
export async function performStep<C extends Contract>(
  contract: C,
  load: () => Promise<Body<C>>,
): Promise<never> {
  const { name, result, timeoutSeconds: limit } = contract;
  const stop = new AbortController();
  const end = (why: string, todo: string): void => stop.abort(new StepError(`${name}: ${why}`, todo));
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => end(`stopped by ${signal}`, "run pulumi up again to finish"));
  const step = new Step(stop.signal);
  try {
    const input = inputsOf(contract, process.env);
    for (const key of Object.keys({ ...contract.secrets, ...contract.inherited }))
      step.hide((input as Readonly<Record<string, string | undefined>>)[key] ?? "");
    const seconds = typeof limit === "number" ? limit : limit(input);
    const waiting = "read the lines above for what it was waiting for, then run pulumi up again";
    setTimeout(() => end(`not finished after ${String(seconds)} s`, waiting), seconds * 1000);
    const reached = await (await load())(step, input);
    // A result is written directly: it may be a secret, and lines are redacted.
    if (result === undefined) step.say(String(reached));
    else process.stdout.write(JSON.stringify(result.parse(reached)));
  } catch (error) {
    step.complain(textOf(name, stop.signal.aborted ? stop.signal.reason : error));
    process.exitCode = 1;
  }
  // A client may hold a socket open for a while; the step is over now.
  process.exit();
}

function textOf(name: string, error: unknown): string {
  if (error instanceof StepError) return describe(error);
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${name} failed unexpectedly: ${text}`;
}
