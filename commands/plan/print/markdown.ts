// The plan for a pull request: a table, and diffs that open on a click.
import { duration } from "../text.ts";
import type { Plan, PlanRow } from "../types.ts";
import { bundleLine, changeLines, destruction, headline, looksText, names } from "./words.ts";

/** All of it, without a line break at the end. */
export function markdownText(plan: Plan): string {
  const bad = destruction(plan);
  const looks = looksText(plan);
  return [
    `### ${headline(plan)}`,
    ...(bad === undefined ? [] : [`> [!CAUTION]\n> ${escape(bad)}`]),
    ...plan.warnings.map((warning) => `> [!WARNING]\n> ${warning.split("\n").map(escape).join("\n> ")}`),
    ...(plan.rows.length === 0 ? [] : [tableText(plan.rows)]),
    ...(looks === undefined ? [] : [looks]),
    ...plan.machineConfigs.map(({ of, diff }) => details(`machine config of ${names(of)}`, diff)),
    ...(plan.ciliumValues === undefined ? [] : [details("chart values of Cilium", plan.ciliumValues)]),
    ...bundleTexts(plan),
  ].join("\n\n");
}

function tableText(rows: readonly PlanRow[]): string {
  const lines = rows.map((row) => {
    const impact = row.destructive ? `**${row.impact}**` : row.impact;
    const changes = changeLines(row).map((line) => (line === "" ? "" : code(line)));
    return [escape(names(row.on)), escape(row.what), changes.join("<br>"), impact, duration(row.seconds)];
  });
  return [["on", "what", "from → to", "impact", "takes"], ["---", "---", "---", "---", "---"], ...lines]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

function bundleTexts({ fluxBundle }: Plan): readonly string[] {
  if (fluxBundle === undefined) return [];
  const { added, removed, changed } = fluxBundle;
  const objects = [
    ...added.map((name) => `+ ${name}`),
    ...removed.map((name) => `- ${name}`),
    ...changed.flatMap(({ of, diff }) => ["", of.join(", "), diff]),
  ];
  if (objects.length === 0) return [escape(bundleLine(fluxBundle))];
  return [details(bundleLine(fluxBundle), objects.join("\n").trim())];
}

function details(summary: string, diff: string): string {
  return `<details><summary>${html(summary)}</summary>\n\n${fenced(diff)}\n\n</details>`;
}

/** A fence longer than any in the text. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}diff\n${text}\n${fence}`;
}

/** Code in a table cell: its bars would end the cell. */
function code(text: string): string {
  return `<code>${html(text).replaceAll("|", "&#124;")}</code>`;
}

function html(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function escape(text: string): string {
  return html(text).replaceAll(/([\\`*_|[\]])/g, "\\$1");
}
