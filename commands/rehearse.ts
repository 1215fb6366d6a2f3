// npm run rehearse -- STACK: builds a stack as it is committed in a lab, applies the working tree's bump to it and reports
// what happened, before it happens to hardware.
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { exitCodes } from "./rehearse/report.ts";
import { rehearse } from "./rehearse/rehearsal.ts";
import { asMarkdown, asText } from "./rehearse/show.ts";
import { labNameOf } from "./rehearse/stage.ts";

const help = `npm run rehearse -- STACK [options]

Builds the stack as it is committed in a lab of its own: as many machines, roles, names, patches, the tree, the versions or
the nearest ones that can be had on this computer. Then applies what is in the working tree (Pulumi.STACK.yaml and the
tree) and reports what that did. Nothing of the real stack is touched: no machine, no state, no key, no token.

  --from COMMIT        begin at that commit instead of HEAD
  --tree-from COMMIT   the same for a tree that is in another repository
  --build              only build what is in the working tree
  --keep               leave the lab running, to look around
  --config-file FILE   another stack file than Pulumi.STACK.yaml, as pulumi's own option
  --json, --markdown   the report in that form; it is all of standard output
  --help               print this

Exit code 0: rehearsed well, or nothing to rehearse. 1: could not be rehearsed. 2: the bump failed in rehearsal.`;

/** What a shell says of a program that Ctrl-C has ended. */
const interrupted = 130;

const say = (line: string): void => console.error(line);

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      from: { type: "string", default: "HEAD" },
      "tree-from": { type: "string", default: "HEAD" },
      build: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      "config-file": { type: "string" },
      json: { type: "boolean", default: false },
      markdown: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const [stack, ...more] = positionals;
  if (stack === undefined || more.length > 0)
    throw new Error(`name one stack, e.g. npm run rehearse -- home\n\n${help}`);
  if (values.json && values.markdown) throw new Error("either --json or --markdown, not both");

  const project = resolve(import.meta.dirname, "..");
  const request = {
    project,
    stack,
    stackFile: resolve(values["config-file"] ?? join(project, `Pulumi.${stack}.yaml`)),
    from: values.build ? undefined : values.from,
    treeFrom: values["tree-from"],
  };
  const report = await rehearse(request, { signal: interruption(), say, keep: values.keep });
  if (values.json) console.log(JSON.stringify(report, undefined, 2));
  else console.log(values.markdown ? asMarkdown(report) : `\n${asText(report)}`);
  if (values.keep) say(lookAround(labNameOf(stack)));
  return exitCodes[report.outcome];
}

/** Ctrl-C ends what runs and removes the lab; another one changes nothing about that. */
function interruption(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => {
      say(stop.signal.aborted ? "the lab is being removed" : `stopped by ${signal}`);
      stop.abort();
    });
  return stop.signal;
}

function lookAround(lab: string): string {
  return `
The lab is left running:
  eval "$(npm run -s lab -- env --name ${lab})"     # pulumi, kubectl, talosctl, sops of this shell mean this lab
  npm run lab -- status --name ${lab}
  npm run lab -- destroy --name ${lab}`;
}

async function exitCode(args: readonly string[]): Promise<number> {
  try {
    return await main(args);
  } catch (error) {
    if (error instanceof Error && error.name === "AbortError") return interrupted;
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

process.exitCode = await exitCode(process.argv.slice(2));
// A build of tools that was interrupted would be waited for.
if (process.exitCode === interrupted) process.exit();
