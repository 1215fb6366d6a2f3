// npm run rehearse -- STACK: builds a stack as it is committed in a lab, applies the working tree's bump to it and reports
// what happened, before it happens to hardware.
import { join, resolve } from "node:path";
import { StepError } from "../src/steps/stepError.ts";
import { formatOf, formatOptions, runCommand, written } from "./frame.ts";
import { outcomeCodes } from "./rehearse/report.ts";
import { rehearse } from "./rehearse/rehearsal.ts";
import { asMarkdown, asText } from "./rehearse/show.ts";

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

Exit code 0: rehearsed well, or nothing to rehearse. 1: the bump failed in rehearsal. 2: it could not be rehearsed, and why.`;

const say = (line: string): void => console.error(line);

await runCommand(
  {
    name: "npm run rehearse",
    help,
    onSignal: "stopped; the lab is removed",
    words: 1,
    options: {
      ...formatOptions,
      from: { type: "string", default: "HEAD" },
      "tree-from": { type: "string", default: "HEAD" },
      build: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      "config-file": { type: "string" },
    },
  },
  async ({ values, positionals: [stack] }, { signal, say: print }) => {
    if (stack === undefined)
      throw new StepError("name one stack, e.g. npm run rehearse -- home; see npm run rehearse -- --help");
    const format = formatOf(values);
    signal.addEventListener("abort", () => {
      say("stopping; the lab is being removed");
    });
    const project = resolve(import.meta.dirname, "..");
    const request = {
      project,
      stack,
      stackFile: resolve(values["config-file"] ?? join(project, `Pulumi.${stack}.yaml`)),
      from: values.build ? undefined : values.from,
      treeFrom: values["tree-from"],
    };
    const report = await rehearse(request, { signal, say, keep: values.keep });
    const terminal = (): string => `\n${asText(report)}`;
    print(written(report, format, { markdown: asMarkdown, terminal }));
    if (report.lab !== undefined) say(lookAround(report.lab));
    return outcomeCodes[report.outcome];
  },
);

function lookAround(lab: string): string {
  return `
The lab is left running:
  eval "$(npm run -s lab -- env --name ${lab})"     # pulumi, kubectl, talosctl, sops of this shell mean this lab
  npm run lab -- status --name ${lab}
  npm run lab -- destroy --name ${lab}`;
}
