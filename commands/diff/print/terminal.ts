// The diff for people.
import { paintDiff, type Format, type Paint } from "../../paint.ts";
import type { ClusterDiff, KustomizationDiff, ObjectDiff } from "../types.ts";
import { chartText, headline, kustomizationNote, objectNote, signs, unknownText } from "./words.ts";

const formats: Readonly<Record<ObjectDiff["state"], Format>> = {
  added: "green",
  removed: "red",
  changed: "yellow",
  moved: "cyan",
};

/** All of it, without a line break at the end. */
export function terminalText(diff: ClusterDiff, paint: Paint): string {
  return [
    ...diff.unknown.map((part) => paint("yellow", `warning: ${unknownText(diff, part)}`)),
    ...diff.losses.map((loss) => paint(["bold", "red"], `DESTRUCTIVE: ${loss}`)),
    paint("bold", headline(diff)),
    ...(diff.charts.length === 0 ? [] : ["", ...chartLines(diff, paint)]),
    ...diff.kustomizations.flatMap((each) => ["", kustomizationText(each, paint)]),
  ].join("\n");
}

function chartLines({ charts }: ClusterDiff, paint: Paint): readonly string[] {
  const width = Math.max(...charts.map(({ release }) => release.length));
  return charts.map((chart) => `${paint("bold", chart.release.padEnd(width))}  ${chartText(chart)}`);
}

function kustomizationText(each: KustomizationDiff, paint: Paint): string {
  const note = kustomizationNote(each);
  const head = [paint("bold", each.name), paint("dim", each.path), ...(note === "" ? [] : [note])].join("  ");
  return [head, ...each.objects.map((object) => objectText(object, paint))].join("\n");
}

function objectText(object: ObjectDiff, paint: Paint): string {
  const note = objectNote(object);
  const sign = paint(formats[object.state], `${signs[object.state]} ${object.name}`);
  return [
    `  ${sign}${note === "" ? "" : `  ${note}`}`,
    ...object.diffs
      .flatMap(({ title, diff }) => [
        ...(title === "" ? [] : [paint("dim", `${title}:`)]),
        ...paintDiff(diff, paint).split("\n"),
      ])
      .map((line) => `    ${line}`),
  ].join("\n");
}
