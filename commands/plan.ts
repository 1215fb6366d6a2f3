// npm run plan: what `up` will do, in one table. See commands/plan/options.ts for its help.
import { help, readOptions, type PlanOptions } from "./plan/options.ts";
import { makePlan } from "./plan/makePlan.ts";
import { paintFor } from "./plan/print/colours.ts";
import { markdownText } from "./plan/print/markdown.ts";
import { terminalText } from "./plan/print/terminal.ts";
import { runPreview } from "./plan/runPreview.ts";
import type { Plan } from "./plan/types.ts";
import { CommandError } from "./pulumiCli.ts";
import { Redactor } from "../src/steps/redact.ts";

const exitCodes = { nothing: 0, changes: 2, destructive: 3 } as const satisfies Record<
  Plan["outcome"],
  number
>;

/** For what is said before the stack's own secrets are known. */
const redactor = new Redactor();
for (const name of ["GITHUB_TOKEN", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_ACCESS_TOKEN"])
  redactor.learn(process.env[name] ?? "");

function textOf(plan: Plan, { format }: PlanOptions): string {
  switch (format) {
    case "json":
      return JSON.stringify(plan, undefined, 2);
    case "markdown":
      return markdownText(plan);
    case "terminal":
      return terminalText(plan, paintFor(process.stdout, process.env));
  }
}

/** A preview takes a while; on a terminal somebody is told so until it is there. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const { stderr } = process;
  if (stderr.isTTY) stderr.write("pulumi preview is running …");
  try {
    return await work();
  } finally {
    if (stderr.isTTY) stderr.write("\r\x1b[K");
  }
}

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options.help) {
    console.log(help);
    return 0;
  }
  const { digest, bundles, masker } = await patiently(() => runPreview(options.stack));
  const plan = makePlan(digest, bundles, masker);
  console.log(masker.redact(textOf(plan, options)));
  return exitCodes[plan.outcome];
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  console.error(redactor.redact(error.message));
  process.exitCode = 1;
}
