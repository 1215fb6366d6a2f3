// The plan for a pull request: a table, and diffs that open on a click.
import { duration } from "../text.ts";
import type { Plan, PlanRow } from "../types.ts";
import { code, details, escape } from "./markdownParts.ts";
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
