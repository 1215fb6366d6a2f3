// npm run check:cluster: what is wrong with the Git tree, without a cluster.
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { minorOf } from "../src/versions/version.ts";
import { StepError } from "../src/steps/stepError.ts";
import { checkTree, type CheckResult } from "./checkCluster/checkTree.ts";
import { rules } from "./checkCluster/rules.ts";
import { exitCodes, runCommand } from "./frame.ts";
import type { Paint } from "./paint.ts";
import { count } from "./plan/text.ts";

const width = Math.max(...rules.map(({ name }) => name.length));

const help = `npm run check:cluster [-- [TREE] [--json] [--kubernetes VERSION]]

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

await runCommand(
  {
    name: "npm run check:cluster",
    help,
    words: 1,
    options: { json: { type: "boolean", default: false }, kubernetes: { type: "string" } },
  },
  async ({ values: { json, kubernetes }, positionals: [folder = "cluster"] }, { say, paint }) => {
    if (kubernetes !== undefined && minorOf(kubernetes) === undefined)
      throw new StepError(`--kubernetes ${kubernetes} is no version; expected one such as v1.36`);
    const tree = resolve(folder);
    if (statSync(tree, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw new StepError(`${folder} is no folder; name that of the Git tree, e.g. cluster`);
    const project = resolve(import.meta.dirname, "..");
    const result = await checkTree({ tree, project, kubernetes });
    say(json ? JSON.stringify(result.findings, undefined, 2) : asText(result, folder, paint));
    // Not a finding: standard output has those alone.
    if (result.leftOut.length > 0) console.error(`left out: ${result.leftOut.join("; ")}`);
    return result.findings.length === 0 ? exitCodes.nothing : exitCodes.found;
  },
);

/** Two lines per finding, and a summary. */
function asText({ findings, kustomizations, files }: CheckResult, tree: string, paint: Paint): string {
  const lines = findings.map(
    ({ file, line, rule, message, fix }) =>
      `${paint("bold", `${file}:${String(line)}`)}  ${paint("red", rule)}  ${message}\n  ${fix}`,
  );
  const looked = `${count(kustomizations, "Kustomization")} in ${count(files, "file")}`;
  const summary =
    findings.length === 0
      ? paint("green", `${tree}: nothing found (${looked})`)
      : `${tree}: ${count(findings.length, "finding")} in ${count(new Set(findings.map(({ file }) => file)).size, "file")} (${looked})`;
  return [...lines, ...(lines.length > 0 ? [""] : []), summary].join("\n");
}
