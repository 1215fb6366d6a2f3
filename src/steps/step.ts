// The frame of every step program: input from the environment, progress lines, one result line, a time limit, errors
// that say what to do, secrets kept out of all of it.
import { PrivateFolder } from "./privateFolder.ts";
import { Redactor } from "./redact.ts";
import { StepError } from "./stepError.ts";
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

  /** Prints one line that stays on the screen where the program runs the step itself (src/steps/runProgram.ts). */
  warn(line: string): void {
    this.say(`warning: ${line}`);
  }

  /** Prints a failure, on standard error, without secrets. */
  complain(text: string): void {
    process.stderr.write(`${this.#redactor.redact(text)}\n`);
  }

  /**
   * A plain input from the environment.
   * @throws StepError when it is not set: the program that starts the step forgot it
   */
  input(name: string): string {
    const value = process.env[name];
    if (value === undefined || value === "")
      throw new StepError(`${name} is not set`, "run this step through pulumi up, which sets it");
    return value;
  }

  /** A secret input from the environment; from now on it is redacted in everything that is printed. */
  secret(name: string): string {
    const value = this.input(name);
    this.#redactor.learn(value);
    return value;
  }

  /** Redacts a value that this step learnt or made itself. */
  hide(value: string): void {
    this.#redactor.learn(value);
  }

  /** A plain input that holds JSON, e.g. the list of machines. */
  json<T>(name: string): T {
    return JSON.parse(this.input(name)) as T;
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
    return waitFor(
      {
        ...options,
        signal: this.signal,
        say: (line) => {
          this.say(line);
        },
      },
      look,
    );
  }
}

/** What a step is called and how long it may take. */
export interface StepOptions {
  /** The program's name in messages, e.g. `bootstrap etcd`. */
  readonly name: string;
  /** Seconds after which it gives up. Longer than the sum of the waits inside, so that those can say what is missing. */
  readonly timeoutSeconds: number;
}

/**
 * Runs a step program: calls the body, prints its one-line result, and ends the process with 0, or with 1 after one
 * message with the next step.
 */
export async function runStep(options: StepOptions, body: (step: Step) => Promise<string>): Promise<void> {
  const stop = new AbortController();
  const limit = setTimeout(() => {
    stop.abort(
      new StepError(
        `${options.name}: not finished after ${String(options.timeoutSeconds)} s`,
        "read the lines above for what it was waiting for, then run pulumi up again",
      ),
    );
  }, options.timeoutSeconds * 1000);
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => {
      stop.abort(new StepError(`${options.name}: stopped by ${signal}`, "run pulumi up again to finish"));
    });
  const step = new Step(stop.signal);
  try {
    step.say(await body(step));
  } catch (error) {
    step.complain(describe(options.name, stop.signal.aborted ? stop.signal.reason : error));
    process.exitCode = 1;
  } finally {
    clearTimeout(limit);
  }
  // A client may hold a socket open for a while; the step is over now.
  process.exit();
}

function describe(name: string, error: unknown): string {
  if (error instanceof StepError) return `${error.message}\n  → ${error.todo}`;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${name} failed unexpectedly: ${text}`;
}
