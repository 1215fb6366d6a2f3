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

const gap = "  ";
const heads = ["on", "what", "from → to", "impact", "takes"];

/** The lines of each cell of a row. */
type Cells = readonly (readonly string[])[];

function tableText(rows: readonly PlanRow[], paint: Paint): string {
  const narrow = rows.map((row): Cells => [
    wrap(names(row.on), most.on),
    wrap(row.what, most.what),
    [row.impact],
    [duration(row.seconds)],
  ]);
  const taken = widthsOf([heads.toSpliced(2, 1).map((head) => [head]), ...narrow]);
  const room = taken.reduce((rest, column) => rest - column - gap.length, width);
  const cells = rows.map((row, at) =>
    (narrow[at] ?? []).toSpliced(
      2,
      0,
      changeLines(row).flatMap((line) => wrap(line, room)),
    ),
  );
  const widths = widthsOf([heads.map((head) => [head]), ...cells]);
  const padded = (texts: readonly string[]): string[] =>
    texts.map((text, column) => text.padEnd(widths[column] ?? 0));
  // A row takes as many lines as its longest cell.
  const lines = cells.flatMap((row, index) =>
    Array.from({ length: Math.max(...row.map(({ length }) => length)) }, (_, at) => {
      const texts = row.map((cell) => cell[at] ?? "");
      const [on = "", what, change, impact = "", takes] = padded(texts);
      const name = paint("bold", on.trimEnd()) + " ".repeat(on.length - on.trimEnd().length);
      const format = impactFormat[rows[index]?.impact ?? "none"];
      return [name, what, change, at === 0 ? paint(format, impact) : impact, takes].join(gap).trimEnd();
    }),
  );
  return [paint("dim", padded(heads).join(gap).trimEnd()), ...lines].join("\n");
}

/** The width of each column. */
function widthsOf(rows: readonly Cells[]): readonly number[] {
  return (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.flatMap((row) => (row[column] ?? []).map(({ length }) => length))),
  );
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
