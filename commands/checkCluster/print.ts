// Findings for people.
import type { Paint } from "../paint.ts";
import { count } from "../plan/text.ts";
import type { CheckResult } from "./checkTree.ts";

/** Two lines per finding, and a summary. */
export function asText({ findings, kustomizations, files }: CheckResult, tree: string, paint: Paint): string {
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
