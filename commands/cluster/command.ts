// The frame of the commands that talk to a cluster: options, errors in one message, exit code, Ctrl-C.
import { parseArgs, type ParseArgsConfig } from "node:util";
import { StepError } from "../../src/steps/stepError.ts";
import { CommandError } from "../pulumiCli.ts";

/** What a shell says of a program that Ctrl-C has ended. */
const interrupted = 130;

/** Reads options. @throws CommandError in one line for one that is not there */
export function readArguments<T extends ParseArgsConfig>(
  command: string,
  config: T,
): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    const message = error instanceof Error ? (error.message.split(". ")[0] ?? "") : String(error);
    throw new CommandError(`${message}; see ${command} -- --help`);
  }
}

/** A duration as Flux writes it, in milliseconds. @throws CommandError for anything else */
export function milliseconds(text: string): number {
  const [, amount = "", unit = ""] = /^(\d+)(s|m|h)$/.exec(text) ?? [];
  const ofUnit = { s: 1_000, m: 60_000, h: 3_600_000 }[unit];
  if (ofUnit === undefined || Number(amount) === 0)
    throw new CommandError(`--timeout: ${text} is no duration → write e.g. 90s or 10m`);
  return Number(amount) * ofUnit;
}

/** How a command runs. */
export interface CommandFrame {
  /** Said on Ctrl-C. */
  readonly onInterrupt: string;
  /** Exit code for a failure that has a message of its own. */
  readonly failure: number;
  /** Takes secrets out of what is printed. */
  readonly redact?: (text: string) => string;
}

/** Runs the body and ends the process with what it returns. A client may hold sockets open; nobody waits for them. */
export async function runCommand(
  { onInterrupt, failure, redact = (text) => text }: CommandFrame,
  body: (signal: AbortSignal) => Promise<number>,
): Promise<never> {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      stop.abort();
    });
  process.exit(await exitCode());

  async function exitCode(): Promise<number> {
    try {
      return await body(stop.signal);
    } catch (error) {
      if (stop.signal.aborted) {
        console.error(onInterrupt);
        return interrupted;
      }
      if (error instanceof StepError) console.error(redact(`${error.message}\n  → ${error.todo}`));
      else if (error instanceof CommandError) console.error(redact(error.message));
      else console.error(redact(error instanceof Error ? error.message : String(error)));
      return failure;
    }
  }
}
