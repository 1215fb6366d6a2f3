// npm run plan: what `up` will do, in one table.
import { exitCodes, formatOf, formatOptions, runCommand, written } from "./frame.ts";
import { makePlan } from "./plan/makePlan.ts";
import { markdownText } from "./plan/print/markdown.ts";
import { terminalText } from "./plan/print/terminal.ts";
import { runPreview } from "./plan/runPreview.ts";
import type { Plan } from "./plan/types.ts";

const help = `npm run plan [-- [--stack NAME] [--json | --markdown]]

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

Exit code 0: nothing changes. 1: something changes. 2: there is no plan, and why. 3: something is lost that nobody brings back.`;

const codes: Readonly<Record<Plan["outcome"], number>> = {
  nothing: exitCodes.nothing,
  changes: exitCodes.found,
  destructive: 3,
};

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

await runCommand(
  {
    name: "npm run plan",
    help,
    onSignal: "child",
    options: { ...formatOptions, stack: { type: "string", short: "s" } },
  },
  async ({ values }, { say, paint }) => {
    const format = formatOf(values);
    const { digest, bundles, masker } = await patiently(() => runPreview(values.stack));
    const plan = makePlan(digest, bundles, masker);
    const forms = { markdown: markdownText, terminal: (it: Plan) => terminalText(it, paint) };
    say(masker.redact(written(plan, format, forms)));
    return codes[plan.outcome];
  },
);
