// A diagnosis for people.
import type { Paint } from "../../paint.ts";
import { count } from "../../plan/text.ts";
import { podText, type Diagnosis } from "./diagnose.ts";
import type { SickPod, Trouble } from "./details.ts";

/** The last lines of a pod's log; empty where it has none. */
type LogOf = (pod: SickPod) => readonly string[];

const mostNames = 8;

/** All lines. Root causes first, those that most others wait for before the others. */
export function diagnosisLines(diagnosis: Diagnosis, logOf: LogOf, paint: Paint): readonly string[] {
  const { counts, troubles, atWork, suspended, isWhole } = diagnosis;
  return [
    `Ready: ${counts.join(", ")}`,
    ...(suspended.length === 0 ? [] : [`suspended: ${some(suspended)}`]),
    ...atWork.map((line) => `at work: ${line}`),
    ...troubles.flatMap((trouble, index) => ["", ...troubleLines(trouble, index + 1, logOf, paint)]),
    ...(troubles.length > 0
      ? ["", paint("red", summary(troubles))]
      : isWhole
        ? [paint("green", "nothing is wrong")]
        : [paint("yellow", "nothing is wrong in what could be seen; the lines above say what could not")]),
  ];
}

function troubleLines(trouble: Trouble, number: number, logOf: LogOf, paint: Paint): readonly string[] {
  const { title, message, details, pods, waiting = [], todo } = trouble;
  return [
    paint("bold", `${String(number)}. ${title}`),
    ...[message, ...details].filter((line) => line !== "").map((line) => `   ${line}`),
    ...pods.flatMap((pod) => [`   ${podText(pod)}`, ...logOf(pod).map((line) => `     │ ${line}`)]),
    ...(waiting.length === 0 ? [] : [`   waiting for it: ${some(waiting)}`]),
    `   → ${todo}`,
  ];
}

function summary(troubles: readonly Trouble[]): string {
  const waiting = new Set(troubles.flatMap((trouble) => trouble.waiting ?? []));
  return `${count(troubles.length, "root cause")}, ${count(waiting.size, "object")} waiting; begin with 1`;
}

function some(names: readonly string[]): string {
  const more = names.length - mostNames;
  return `${names.slice(0, mostNames).join(", ")}${more > 0 ? ` and ${String(more)} more` : ""}`;
}
