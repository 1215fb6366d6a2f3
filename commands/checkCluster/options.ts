// The command line of `npm run check:cluster`.
import { parseArgs } from "node:util";
import { minorOf } from "../../src/versions/version.ts";
import { CommandError } from "../pulumiCli.ts";
import { rules } from "./rules.ts";

/** What is asked for. */
export interface CheckOptions {
  readonly tree: string;
  readonly json: boolean;
  readonly help: boolean;
  /** e.g. `v1.36.3` */
  readonly kubernetes: string | undefined;
}

/** What `--help` prints. */
export function help(): string {
  const width = Math.max(...rules.map(({ name }) => name.length));
  return `npm run check:cluster [-- [TREE] [--json] [--kubernetes VERSION]]

Finds what is wrong with the Git tree in TREE (default: cluster), as far as that can be known without a cluster: before you
push. Every finding has its file, line and rule, and on the next line what to do.

  --json                 the findings as a JSON array of {file, line, rule, message, fix}
  --kubernetes VERSION   check against that version, e.g. v1.36, instead of the one that the stack file pins
  --help                 print this

Rules:
${rules.map(({ name, what }) => `  ${name.padEnd(width)}  ${what}`).join("\n")}

The rules with * need the program cluster-build; \`npm run tools\` builds it. Without it they are left out.

A comment "check:cluster ignore RULE" on the line of a finding, or on the one before, says that it is meant so.

Exit code 0: nothing was found. 1: something was found. 2: the tree could not be checked, and why.`;
}

/** @throws CommandError for an option that is not there */
export function readOptions(args: readonly string[]): CheckOptions {
  const { values, positionals } = parse(args);
  const [tree = "cluster", ...more] = positionals;
  if (more.length > 0) throw new CommandError(`one tree at a time; ${more.join(" ")} is too much`);
  const { json, help: wantsHelp, kubernetes } = values;
  if (kubernetes !== undefined && minorOf(kubernetes) === undefined)
    throw new CommandError(`--kubernetes ${kubernetes} is no version; expected one such as v1.36`);
  return { tree, json, help: wantsHelp, kubernetes };
}

function parse(args: readonly string[]): {
  values: { json: boolean; help: boolean; kubernetes?: string | undefined };
  positionals: string[];
} {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: "boolean", default: false },
        kubernetes: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    const message = error instanceof Error ? (error.message.split(". ")[0] ?? "") : String(error);
    throw new CommandError(`${message}; see npm run check:cluster -- --help`);
  }
}
