// The command line of `npm run plan`.
import { parseArgs } from "node:util";
import { CommandError } from "../pulumiCli.ts";

/** What is asked for. */
export interface PlanOptions {
  readonly stack?: string | undefined;
  readonly format: "terminal" | "json" | "markdown";
  readonly help: boolean;
}

/** What `--help` prints. */
export const help = `npm run plan [-- [--stack NAME] [--json | --markdown]]

Says what \`npm run up\` would do, before it does it: what changes on which machine, from which version to which, what
that means for what runs, in order, and about how long it takes. Runs the real preview; needs neither the machines nor
the cluster, and changes nothing.

  --stack NAME   another stack than the selected one
  --json         the plan as JSON; the shape is in commands/plan/types.ts
  --markdown     for a comment on a pull request
  --help         print this

Impacts, from harmless to grave:
  none               nothing that runs is touched
  live               taken while everything goes on
  restart            pods or services start again, machines stay up
  reboot             the machine reboots with its pods on it
  drain and reboot   its pods go elsewhere first
  replace            deleted and made anew
  wipe               a machine is erased, or data are lost in another way

Times are estimates for small machines and a home's line, not measured on yours; a server that tests its memory at
every boot takes longer. Use \`npm run -s plan\` to have the output alone.

Exit code 0: nothing changes. 2: changes. 3: something is lost that nobody brings back. 1: there is no plan, and why.`;

/** @throws CommandError for an option that is not there */
export function readOptions(args: readonly string[]): PlanOptions {
  const { stack, json, markdown, help: wantsHelp } = parse(args);
  if (json && markdown) throw new CommandError("--json and --markdown are two outputs: choose one");
  return { stack, format: json ? "json" : markdown ? "markdown" : "terminal", help: wantsHelp };
}

function parse(args: readonly string[]): {
  stack?: string | undefined;
  json: boolean;
  markdown: boolean;
  help: boolean;
} {
  try {
    return parseArgs({
      args: [...args],
      options: {
        stack: { type: "string", short: "s" },
        json: { type: "boolean", default: false },
        markdown: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    const message = error instanceof Error ? (error.message.split(". ")[0] ?? "") : String(error);
    throw new CommandError(`${message}; see npm run plan -- --help`);
  }
}
