// The plan for people: one table that fits 120 columns, then the diffs.
import { duration } from "../text.ts";
import type { Impact, Plan, PlanDiff, PlanRow } from "../types.ts";
import { paintDiff, type Format, type Paint } from "../../paint.ts";
import { bundleLine, changeLines, destruction, headline, looksText, names } from "./words.ts";

const width = 120;

/** Columns that take what the change column leaves; longer names go on in the next line. */
const most = { on: 22, what: 24 };

const impactFormat: Readonly<Record<Impact, Format>> = {
  none: "dim",
  live: "green",
  restart: "yellow",
  reboot: "yellow",
  "drain and reboot": "yellow",
  replace: ["bold", "red"],
  wipe: ["bold", "red"],
};

/** All of it, without a line break at the end. */
export function terminalText(plan: Plan, paint: Paint): string {
  const warnings = plan.warnings.map((warning) => paint("yellow", `warning: ${warning}`));
  const bad = destruction(plan);
  const looks = looksText(plan);
  return [
    [
      ...(bad === undefined ? [] : [paint(["bold", "red"], bad)]),
      ...warnings,
      paint("bold", headline(plan)),
    ].join("\n"),
    ...(plan.rows.length === 0 ? [] : [tableText(plan.rows, paint)]),
    ...(looks === undefined ? [] : [paint("dim", looks)]),
    ...plan.machineConfigs.map((diff) => diffText("machine config of", diff, paint)),
    ...(plan.ciliumValues === undefined
      ? []
      : [diffText("chart values of", { of: ["Cilium"], diff: plan.ciliumValues }, paint)]),
    ...bundleTexts(plan, paint),
  ].join("\n\n");
}

interface Line {
  readonly cells: readonly [on: string, what: string, change: string, impact: string, takes: string];
  readonly impact?: Impact;
}

function tableText(rows: readonly PlanRow[], paint: Paint): string {
  const room = width - takenBesides(rows);
  const lines = [headLine, ...rows.flatMap((row) => linesOf(row, room))];
  const widths = headLine.cells.map((_, column) => widest(lines.map(({ cells }) => cells[column] ?? "")));
  return lines
    .map((line) => {
      const padded = line.cells.map((cell, column) => cell.padEnd(widths[column] ?? 0));
      const [on = "", what = "", change = "", impact = "", takes = ""] = padded;
      if (line === headLine) return paint("dim", padded.join(gap).trimEnd());
      const format = line.impact === undefined ? undefined : impactFormat[line.impact];
      const coloured = format === undefined ? impact : paint(format, impact);
      const name = paint("bold", on.trimEnd()) + " ".repeat(on.length - on.trimEnd().length);
      return [name, what, change, coloured, takes].join(gap).trimEnd();
    })
    .join("\n");
}

const gap = "  ";
const headLine: Line = { cells: ["on", "what", "from → to", "impact", "takes"] };

const widest = (texts: readonly string[]): number => Math.max(...texts.map(({ length }) => length));

/** What the other columns and the gaps take from the width. */
function takenBesides(rows: readonly PlanRow[]): number {
  const [on, what, , impact, takes] = headLine.cells;
  return (
    widest([on, ...rows.flatMap((row) => wrap(names(row.on), most.on))]) +
    widest([what, ...rows.flatMap((row) => wrap(row.what, most.what))]) +
    widest([impact, ...rows.map((row) => row.impact)]) +
    widest([takes, ...rows.map(({ seconds }) => duration(seconds))]) +
    4 * gap.length
  );
}

/** A row takes as many lines as its longest cell. */
function linesOf(row: PlanRow, room: number): readonly Line[] {
  const columns = [
    wrap(names(row.on), most.on),
    wrap(row.what, most.what),
    changeLines(row).flatMap((line) => wrap(line, room)),
  ];
  const height = Math.max(...columns.map(({ length }) => length));
  return Array.from({ length: height }, (_, at): Line => {
    const [on = "", what = "", change = ""] = columns.map((column) => column[at] ?? "");
    return at === 0
      ? { cells: [on, what, change, row.impact, duration(row.seconds)], impact: row.impact }
      : { cells: [on, what, change, "", ""] };
  });
}

/** Breaks a text at blanks, and a word that is too long anywhere. */
function wrap(text: string, room: number): readonly string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1) ?? "";
    if (last === "") lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`  ${word}`);
  }
  return lines.flatMap((line) =>
    line.length <= room ? [line] : (line.match(new RegExp(`.{1,${String(room)}}`, "g")) ?? []),
  );
}

function diffText(what: string, { of, diff }: PlanDiff, paint: Paint): string {
  return [paint("bold", `${what} ${names(of)}`.trim()), paintDiff(diff, paint)].join("\n");
}

function bundleTexts({ fluxBundle }: Plan, paint: Paint): readonly string[] {
  if (fluxBundle === undefined) return [];
  const listed = [
    ...fluxBundle.added.map((name) => paint("green", `+ ${name}`)),
    ...fluxBundle.removed.map((name) => paint("red", `- ${name}`)),
  ];
  return [
    [paint("bold", bundleLine(fluxBundle)), ...listed].join("\n"),
    ...fluxBundle.changed.map((diff) => diffText("", diff, paint)),
  ];
}
