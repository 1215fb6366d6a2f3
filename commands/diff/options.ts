// The command line of `npm run diff`.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { CommandError } from "../pulumiCli.ts";
import type { SidesRequest } from "./sides.ts";

/** What is asked for. */
export interface DiffOptions {
  /** Undefined: only the help. */
  readonly sides: SidesRequest | undefined;
  readonly format: "terminal" | "json" | "markdown";
}

/** What `--help` prints. */
export const help = `npm run diff -- REF [options]

Says what the working tree changes against a commit in the objects that Flux applies: per Kustomization, built as Flux
builds it, with patches, components and variables in. Secrets are never shown, only that one changes; what sops can
decrypt on this computer is hidden wherever else it stands. Needs no cluster, and touches nothing.

  --to REF       compare with that commit instead of the working tree
  --tree FOLDER  the Git tree, default: cluster
  --markdown     for a comment on a pull request; what would make it too long is left out and said
  --json         the diff as JSON; the shape is in commands/diff/types.ts
  --help         print this

What a pull request changes, whatever happened to main since: npm run diff -- $(git merge-base origin/main HEAD)

An object that is in Git no more is deleted where its Kustomization prunes; the diff says which are, and why others
stay. One that another Kustomization has now is shown as moved. Use \`npm run -s diff\` to have the output alone.

Exit code 0: nothing changes. 2: something changes. 1: there is no diff, or part of the new side does not build, and why.`;

/** @throws CommandError for what is not understood */
export function readOptions(args: readonly string[]): DiffOptions {
  const { values, positionals } = parse(args);
  const { json, markdown, to, tree, help: wantsHelp } = values;
  if (json && markdown) throw new CommandError("--json and --markdown are two outputs: choose one");
  const format = json ? "json" : markdown ? "markdown" : "terminal";
  if (wantsHelp) return { sides: undefined, format };
  const [from, ...more] = positionals;
  if (from === undefined || more.length > 0)
    throw new CommandError("name one commit, e.g. npm run diff -- main; see npm run diff -- --help");
  return { sides: { from, to, tree: resolve(tree) }, format };
}

function parse(args: readonly string[]): {
  readonly values: {
    readonly to?: string | undefined;
    readonly tree: string;
    readonly json: boolean;
    readonly markdown: boolean;
    readonly help: boolean;
  };
  readonly positionals: readonly string[];
} {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        to: { type: "string" },
        tree: { type: "string", default: "cluster" },
        json: { type: "boolean", default: false },
        markdown: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    const message = error instanceof Error ? (error.message.split(". ")[0] ?? "") : String(error);
    throw new CommandError(`${message}; see npm run diff -- --help`);
  }
}
