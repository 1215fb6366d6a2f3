// What all commands have in common: options and --help, one message for what goes wrong, exit codes, Ctrl-C, secrets taken out.
import { parseArgs, type ParseArgsConfig } from "node:util";
import { Redactor } from "../src/steps/redact.ts";
import { describe, messageOf, StepError } from "../src/steps/stepError.ts";
import { paintFor, type Paint } from "./paint.ts";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** A command line as it was understood. */
type Parsed<T extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; allowPositionals: true; options: T }>
>;

/** Exit codes of a command that looks for something. */
export const exitCodes = {
  /** Nothing is wrong, nothing was found. */
  nothing: 0,
  /** Something is wrong, something was found. */
  found: 1,
  /** It could not look: bad usage, no answer, a tool that is missing. */
  impossible: 2,
} as const;

/** What a shell says of a program that a signal has ended. */
const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** How a command runs. */
interface Frame {
  /** As people call it, e.g. `npm run plan`. */
  readonly name: string;
  /** Exit code where it could not do its work. Default: 2; 1 for commands whose other codes are Pulumi's. */
  readonly failure?: 1 | 2;
  /**
   * What a signal does: `end` the process at once, which removes its private folders; `child` leaves it to the program that
   * runs in this terminal; any other text is said when the body has ended by the signal that it was given. Default: `end`.
   */
  readonly onSignal?: "end" | "child" | (string & {});
}

/** What a body works with. */
export interface Console {
  readonly signal: AbortSignal;
  /** What it learns is taken out of everything that is printed. */
  readonly redactor: Redactor;
  readonly say: (text: string) => void;
  readonly paint: Paint;
}

/** A command with options of its own. */
export interface Command<T extends Options> extends Frame {
  readonly help: string;
  /** For parseArgs; `--help` is there without being named. */
  readonly options: T;
  /** How many words may stand beside the options. Default: 0. */
  readonly words?: number;
}

/** Reads the command line, answers `--help`, runs the body and ends the process with what it returns. */
export async function runCommand<T extends Options>(
  command: Command<T>,
  body: (parsed: Parsed<T>, console: Console) => Promise<number> | number,
): Promise<never> {
  return runInFrame(command, async (terminal) => {
    const { help, ...parsed } = readArguments(command, process.argv.slice(2));
    if (help) {
      terminal.say(command.help);
      return 0;
    }
    return body(parsed, terminal);
  });
}

/** @throws StepError in one line for an option or a word that is not understood */
export function readArguments<T extends Options>(
  { name, options, words = 0 }: Pick<Command<T>, "name" | "options" | "words">,
  args: readonly string[],
): Parsed<T> & { readonly help: boolean } {
  const parsed = ((): Parsed<T> => {
    try {
      const read: unknown = parseArgs({
        args: [...args],
        allowPositionals: true,
        options: { ...options, help: { type: "boolean", short: "h", default: false } },
      });
      return read as Parsed<T>;
    } catch (error) {
      throw new StepError(`${messageOf(error).split(". ")[0] ?? ""}; see ${name} -- --help`);
    }
  })();
  const { help } = parsed.values as { readonly help?: boolean };
  const [surplus] = parsed.positionals.slice(words);
  if (surplus !== undefined && help !== true)
    throw new StepError(`Unexpected argument '${surplus}'; see ${name} -- --help`);
  return { ...parsed, help: help === true };
}

/** Runs a body and ends the process with what it returns. A client may hold sockets open; nobody waits for them. */
export async function runInFrame(
  { name, failure = exitCodes.impossible, onSignal = "end" }: Frame,
  body: (console: Console) => Promise<number>,
): Promise<never> {
  const stop = new AbortController();
  let stopped: number | undefined;
  if (onSignal !== "child")
    for (const [signal, code] of Object.entries(signals))
      process.on(signal, () => {
        if (onSignal === "end") process.exit(code);
        stopped ??= code;
        stop.abort();
      });
  const redactor = new Redactor();
  for (const secret of secretsOfEnvironment()) redactor.learn(secret);
  const exitCode = async (): Promise<number> => {
    try {
      return await body({
        signal: stop.signal,
        redactor,
        say: (text) => {
          console.log(redactor.redact(text));
        },
        paint: paintFor(process.stdout, process.env),
      });
    } catch (error) {
      if (stopped === undefined) console.error(redactor.redact(describe(explained(name, error))));
      else console.error(onSignal);
      return stopped ?? failure;
    }
  };
  process.exit(await exitCode());
}

/** What the user's environment holds of secrets. */
export function secretsOfEnvironment(): readonly string[] {
  const names = ["GITHUB_TOKEN", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_ACCESS_TOKEN", "SOPS_AGE_KEY"];
  return names.map((name) => process.env[name] ?? "");
}

/** The words of a library, e.g. `14 UNAVAILABLE: No connection established`, never stand alone. */
function explained(name: string, error: unknown): { readonly message: string; readonly todo: string } {
  if (error instanceof StepError) return error;
  const place = error instanceof Error ? /^ +at (.*)$/m.exec(error.stack ?? "")?.[1] : undefined;
  return {
    message: `${name} has stopped: ${messageOf(error)}`,
    todo: `run it again; npm run doctor says what is missing on this computer. Report it${place === undefined ? "" : ` with "${place}"`} when it stays`,
  };
}

/** A duration as Flux writes it, in milliseconds. @throws StepError for anything else */
export function milliseconds(text: string): number {
  const [, amount = "", unit = ""] = /^(\d+)(s|m|h)$/.exec(text) ?? [];
  const ofUnit = { s: 1_000, m: 60_000, h: 3_600_000 }[unit];
  if (ofUnit === undefined || Number(amount) === 0)
    throw new StepError(`--timeout: ${text} is no duration`, "write e.g. 90s or 10m");
  return Number(amount) * ofUnit;
}

/** Options of a command whose answer is for people, for a pull request or for a program. */
export const formatOptions = {
  json: { type: "boolean", default: false },
  markdown: { type: "boolean", default: false },
} as const;

/** How an answer is written. */
export type Format = "terminal" | "json" | "markdown";

/** @throws StepError for two formats at once */
export function formatOf(values: { readonly json: boolean; readonly markdown: boolean }): Format {
  if (values.json && values.markdown)
    throw new StepError("--json and --markdown are two outputs: choose one");
  return values.json ? "json" : values.markdown ? "markdown" : "terminal";
}

/** Writes an answer. */
export function written<T>(
  answer: T,
  format: Format,
  forms: { readonly markdown: (answer: T) => string; readonly terminal: (answer: T) => string },
): string {
  return format === "json" ? JSON.stringify(answer, undefined, 2) : forms[format](answer);
}
