// npm run diff -- REF: what the working tree changes in the objects that Flux applies. See commands/diff/options.ts.
import { compare } from "./diff/compare.ts";
import { learnEncrypted } from "./diff/decrypt.ts";
import { help, readOptions, type DiffOptions } from "./diff/options.ts";
import { markdownText } from "./diff/print/markdown.ts";
import { terminalText } from "./diff/print/terminal.ts";
import { readSides } from "./diff/sides.ts";
import type { ClusterDiff } from "./diff/types.ts";
import { paintFor } from "./plan/print/colours.ts";
import { CommandError } from "./pulumiCli.ts";
import { Masker } from "../src/steps/mask.ts";
import { PrivateFolder } from "../src/steps/privateFolder.ts";

const exitCodes = { nothing: 0, changes: 2 } as const satisfies Record<ClusterDiff["outcome"], number>;
const failed = 1;

/** What a shell says of a program that a signal has ended. */
const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

function textOf(diff: ClusterDiff, { format }: DiffOptions): string {
  switch (format) {
    case "json":
      return JSON.stringify(diff, undefined, 2);
    case "markdown":
      return markdownText(diff);
    case "terminal":
      return terminalText(diff, paintFor(process.stdout, process.env));
  }
}

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options.sides === undefined) {
    console.log(help);
    return 0;
  }
  const folder = new PrivateFolder();
  // The folder goes with the process, which a signal would end without a word to it.
  for (const [signal, status] of Object.entries(signals)) process.once(signal, () => process.exit(status));
  const masker = new Masker();
  const sides = await readSides(options.sides, folder.path);
  // The copies of both sides.
  await learnEncrypted([folder.path], masker);
  const diff = compare(...sides, masker);
  console.log(masker.redact(textOf(diff, options)));
  return diff.unknown.some(({ side }) => side === "to") ? failed : exitCodes[diff.outcome];
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  console.error(error.message);
  process.exitCode = failed;
}
