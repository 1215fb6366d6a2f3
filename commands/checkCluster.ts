// npm run check:cluster: what is wrong with the Git tree, without a cluster. See commands/checkCluster/options.ts for its
// help.
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { checkTree } from "./checkCluster/checkTree.ts";
import { help, readOptions } from "./checkCluster/options.ts";
import { asText } from "./checkCluster/print.ts";
import { paintFor } from "./plan/print/colours.ts";
import { CommandError } from "./pulumiCli.ts";

const exitCodes = { nothing: 0, found: 1, failed: 2 } as const;

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options.help) {
    console.log(help());
    return exitCodes.nothing;
  }
  const tree = resolve(options.tree);
  if (statSync(tree, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new CommandError(`${options.tree} is no folder; name that of the Git tree, e.g. cluster`);
  const result = await checkTree({
    tree,
    project: resolve(import.meta.dirname, ".."),
    kubernetes: options.kubernetes,
  });
  console.log(
    options.json
      ? JSON.stringify(result.findings, undefined, 2)
      : asText(result, options.tree, paintFor(process.stdout, process.env)),
  );
  // Not a finding: standard output has those alone.
  if (result.leftOut.length > 0) console.error(`left out: ${result.leftOut.join("; ")}`);
  return result.findings.length === 0 ? exitCodes.nothing : exitCodes.found;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // An error that nobody caught would end with 1, which means findings.
  console.error(error instanceof CommandError ? error.message : error);
  process.exitCode = exitCodes.failed;
}
