// npm run diff -- REF: what the working tree changes in the objects that Flux applies.
import { resolve } from "node:path";
import { Masker } from "../src/steps/mask.ts";
import { PrivateFolder } from "../src/steps/privateFolder.ts";
import { StepError } from "../src/steps/stepError.ts";
import { compare } from "./diff/compare.ts";
import { learnEncrypted } from "./diff/decrypt.ts";
import { markdownText } from "./diff/print/markdown.ts";
import { terminalText } from "./diff/print/terminal.ts";
import { readSides } from "./diff/sides.ts";
import type { ClusterDiff } from "./diff/types.ts";
import { exitCodes, formatOf, formatOptions, runCommand, written } from "./frame.ts";

const help = `npm run diff -- REF [options]

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

Exit code 0: nothing changes. 1: something changes. 2: there is no diff, or part of the new side does not build, and why.`;

await runCommand(
  {
    name: "npm run diff",
    help,
    words: 1,
    options: { ...formatOptions, to: { type: "string" }, tree: { type: "string", default: "cluster" } },
  },
  async ({ values, positionals: [from] }, { say, paint }) => {
    const format = formatOf(values);
    if (from === undefined)
      throw new StepError("name one commit, e.g. npm run diff -- main; see npm run diff -- --help");
    const folder = new PrivateFolder();
    const masker = new Masker();
    const sides = await readSides({ from, to: values.to, tree: resolve(values.tree) }, folder.path);
    // The copies of both sides.
    await learnEncrypted([folder.path], masker);
    const diff = compare(...sides, masker);
    const forms = { markdown: markdownText, terminal: (it: ClusterDiff) => terminalText(it, paint) };
    say(masker.redact(written(diff, format, forms)));
    if (diff.unknown.some(({ side }) => side === "to")) return exitCodes.impossible;
    return diff.outcome === "nothing" ? exitCodes.nothing : exitCodes.found;
  },
);
