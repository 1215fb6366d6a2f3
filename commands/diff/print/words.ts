// What terminal and Markdown say in the same words.
import { count } from "../../plan/text.ts";
import type { ChartChange, ClusterDiff, KustomizationDiff, ObjectDiff, UnknownPart } from "../types.ts";

/** One sign per state. */
export const signs = { added: "+", removed: "-", changed: "~", moved: ">" } as const;

/** The first line. */
export function headline({ from, to, outcome, kustomizations }: ClusterDiff): string {
  const between = `${from} → ${to}`;
  if (outcome === "nothing") return `${between}: nothing that Flux applies changes.`;
  const objects = kustomizations.flatMap((each) => each.objects);
  const counts = (["added", "changed", "moved", "removed"] as const)
    .map((state) => ({ state, number: objects.filter((object) => object.state === state).length }))
    .filter(({ number }) => number > 0)
    .map(({ state, number }) => `${String(number)} ${state}`);
  const parts = [count(kustomizations.length, "Kustomization"), ...counts];
  return `${between}: ${parts.join(", ")}`;
}

/** e.g. `traefik 37.4.0 → 38.0.0` */
export function chartText({ from, to }: ChartChange): string {
  return `${from ?? "(none)"} → ${to ?? "(none)"}`;
}

/** e.g. `the working tree: flux-system/traefik does not build: …` */
export function unknownText(diff: ClusterDiff, { side, kustomization, reason }: UnknownPart): string {
  return `${diff[side]}: ${kustomization} does not build, nothing is known of it and what is below it: ${reason}`;
}

/** What is said beside a Kustomization's name. */
export function kustomizationNote({ state, suspended }: KustomizationDiff): string {
  const states = { added: "is new", removed: "is gone", changed: "" };
  return [states[state], suspended ? "is suspended: nothing happens yet" : ""]
    .filter((text) => text !== "")
    .join(", ");
}

/** What is said beside an object's name. */
export function objectNote({ movedFrom, note }: ObjectDiff): string {
  const from = movedFrom === undefined ? "" : `comes from ${movedFrom}`;
  return [from, note ?? ""].filter((text) => text !== "").join("; ");
}
