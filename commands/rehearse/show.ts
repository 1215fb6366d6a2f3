// A report as people read it: on a terminal, and as Markdown for a comment on a pull request. Pure.
import { duration } from "../../tools/progress.ts";
import { count } from "../plan/text.ts";
import type { Outcome, Report } from "./report.ts";
import { components, names } from "../../src/versions/components.ts";
import { moveText } from "./versions.ts";

/** A heading with lines below it. */
interface Section {
  readonly heading: string;
  readonly lines: readonly string[];
}

const verdicts: Readonly<Record<Outcome, string>> = {
  well: "rehearsed well",
  nothing: "there is nothing to rehearse: stack file and tree are as they are committed",
  failed: "the bump FAILED in rehearsal",
  impossible: "it could not be rehearsed",
};

/** For a terminal. */
export function asText(report: Report): string {
  const sections = sectionsOf(report).map(({ heading, lines }) =>
    [`${heading}:`, ...lines.map((line) => `  ${line.replaceAll("\n", "\n  ")}`)].join("\n"),
  );
  return [...sections, `${report.stack}: ${verdicts[report.outcome]}`].join("\n\n");
}

/** As Markdown. */
export function asMarkdown(report: Report): string {
  const sections = sectionsOf(report).map(({ heading, lines }) =>
    [`**${heading}**`, "", ...lines.map((line) => `- ${line.replaceAll("\n", "\n  ")}`)].join("\n"),
  );
  return [`### Rehearsal of ${report.stack}: ${verdicts[report.outcome]}`, ...sections].join("\n\n");
}

function sectionsOf(report: Report): readonly Section[] {
  const { versions, failure, files, left, machines = [], cluster = [], surprises = [] } = report;
  const machineLines = machines.map(({ name, seconds, did }) => [
    name,
    did.length === 0 ? "untouched" : `${did.join(", ")} (${duration(seconds)})`,
  ]);
  return [
    { heading: "Versions", lines: versionLines(versions) },
    { heading: "Not as asked", lines: versions?.notes ?? [] },
    { heading: "Not rehearsed", lines: versions?.notRehearsed ?? [] },
    { heading: "Left out, a machine of the lab would refuse it", lines: left },
    { heading: "Changed in the tree", lines: files },
    { heading: "What happened (in the lab's time; hardware takes its own)", lines: courseOf(report) },
    { heading: "Machines", lines: aligned(machineLines) },
    {
      heading: "The cluster as a whole",
      lines: aligned(cluster.map(({ name, op, seconds }) => [name, op, duration(seconds)])),
    },
    { heading: "Preview and up differ", lines: surprises },
    { heading: `Failed while ${failure?.during ?? ""}`, lines: failure?.messages ?? [] },
  ].filter(({ lines }) => lines.length > 0);
}

function versionLines(versions: Report["versions"]): readonly string[] {
  if (versions === undefined) return [];
  return aligned(
    components.map((component) => {
      const [asked, rehearsed] = [versions.asked[component], versions.rehearsed[component]].map(moveText);
      return [names[component], asked ?? "", asked === rehearsed ? "" : `rehearsed: ${rehearsed ?? ""}`];
    }),
  );
}

/** A line about something, where there is something. */
function about<T>(value: T | undefined, text: (value: T) => string): readonly string[] {
  return value === undefined ? [] : [text(value)];
}

function courseOf(report: Report): readonly string[] {
  const { buildSeconds, previewed, surprises, bumpSeconds, silenceSeconds, afterwards } = report;
  const just = surprises?.length === 0 ? " and made just these" : "";
  return [
    ...about(buildSeconds, (seconds) => `built as it is committed in ${duration(seconds)}`),
    ...about(previewed, ({ length }) => `the preview of the bump showed ${count(length, "change")}`),
    ...about(bumpSeconds, (seconds) => `up took ${duration(seconds)}${just}`),
    ...about(silenceSeconds, (seconds) => `the API did not answer for at most ${seconds.toFixed(1)} s`),
    ...about(
      afterwards,
      ({ ready, waiting }) => `tree: ${String(ready)} of ${count(ready + waiting.length, "object")} Ready`,
    ),
    ...about(
      afterwards?.stillToDo,
      ({ length }) => `preview afterwards: ${length === 0 ? "empty" : count(length, "change")}`,
    ),
  ];
}

/** Columns below each other. */
function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
