// The diff for a comment on a pull request: what happens in sight, diffs that open on a click.
import { code, details, escape } from "../../plan/print/markdownParts.ts";
import type { ClusterDiff, KustomizationDiff, ObjectDiff } from "../types.ts";
import { chartText, headline, kustomizationNote, objectNote, signs, unknownText } from "./words.ts";

/** Characters that a comment on GitHub may have. */
const mostCharacters = 65_536;
const shorterHint = (from: string): string => `npm run diff -- ${from}`;

/** All of it, without a line break at the end. What does not fit is left out, the longest first, and it says so. */
export function markdownText(diff: ClusterDiff, most: number = mostCharacters): string {
  const withDiffs = diff.kustomizations
    .flatMap(({ objects }) => objects)
    .filter(({ diffs }) => diffs.length > 0);
  const longestFirst = withDiffs.toSorted((one, other) => sizeOf(other) - sizeOf(one));
  const leftOut = new Set<ObjectDiff>();
  let text = render(diff, leftOut);
  while (text.length > most && leftOut.size < longestFirst.length) {
    // As many as are too much, then look again: the notes in their place take room as well.
    for (let excess = text.length - most; excess > 0 && leftOut.size < longestFirst.length;) {
      const next = longestFirst[leftOut.size] as ObjectDiff;
      leftOut.add(next);
      excess -= sizeOf(next);
    }
    text = render(diff, leftOut);
  }
  return text.length <= most ? text : cut(text, diff.from, most);
}

function sizeOf({ diffs }: ObjectDiff): number {
  return diffs.reduce((size, { diff }) => size + diff.length, 0);
}

/** Only lines of lists are left by now, none of which needs another. */
function cut(text: string, from: string, most: number): string {
  const note = `\n\n… and more than fits here: ${code(shorterHint(from))} shows all.`;
  const end = text.lastIndexOf("\n", most - note.length);
  return text.slice(0, end) + note;
}

function render(diff: ClusterDiff, leftOut: ReadonlySet<ObjectDiff>): string {
  const hint = `${String(leftOut.size)} of the diffs would make this too long: ${code(shorterHint(diff.from))} shows all.`;
  return [
    `### ${escape(headline(diff))}`,
    ...alert("CAUTION", diff.losses),
    ...alert(
      "WARNING",
      diff.unknown.map((part) => unknownText(diff, part)),
    ),
    ...(diff.charts.length === 0 ? [] : [chartTable(diff)]),
    ...(leftOut.size === 0 ? [] : [hint]),
    ...diff.kustomizations.map((each) => section(each, leftOut)),
  ].join("\n\n");
}

function alert(kind: string, texts: readonly string[]): readonly string[] {
  return texts.length === 0 ? [] : [`> [!${kind}]\n${texts.map((text) => `> - ${escape(text)}`).join("\n")}`];
}

function chartTable({ charts }: ClusterDiff): string {
  const rows = charts.map((chart) => `| ${escape(chart.release)} | ${code(chartText(chart))} |`);
  return ["| HelmRelease | chart |", "| --- | --- |", ...rows].join("\n");
}

function section(each: KustomizationDiff, leftOut: ReadonlySet<ObjectDiff>): string {
  const note = kustomizationNote(each);
  const head = `#### ${escape(each.name)} ${code(each.path)}${note === "" ? "" : ` ${escape(note)}`}`;
  return [head, ...each.objects.map((object) => objectText(object, leftOut.has(object)))].join("\n\n");
}

function objectText(object: ObjectDiff, isLeftOut: boolean): string {
  const note = objectNote(object);
  const summary = `${signs[object.state]} ${object.name}${note === "" ? "" : ` — ${note}`}`;
  if (object.diffs.length === 0 || isLeftOut)
    return `- ${code(summary)}${isLeftOut ? " (diff left out)" : ""}`;
  return details(
    summary,
    object.diffs.map(({ title, diff }) => (title === "" ? diff : `@@ ${title} @@\n${diff}`)).join("\n@@\n"),
  );
}
