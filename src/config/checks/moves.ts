// Rules between what the last run reached and what is asked for now: how far one run may go, and in which order.
import { changes, names, settings } from "../../versions/components.ts";
import { badMove } from "../../versions/moves.ts";
import { checkOrder } from "../../versions/skew.ts";
import type { ReachedVersions } from "../reached.ts";
import { problem, type Problem } from "../problem.ts";

/** What is wrong with going from `reached` to `wanted` in one run. Nothing is, before a first run has finished. */
export function checkMoves(reached: ReachedVersions, wanted: ReachedVersions): readonly Problem[] {
  const moves = changes(reached, wanted).flatMap((component) => {
    const from = reached[component] ?? "";
    const bad = badMove(component, from, wanted[component] ?? "");
    const found = `the cluster has ${names[component]} ${from}, asked is ${bad?.asked ?? ""}`;
    return bad === undefined ? [] : [problem(settings[component], found, bad.todo)];
  });
  const order = checkOrder(reached, wanted);
  // Where a single component cannot go at all, the order of all of them is no question yet.
  return [...contract(reached, wanted), ...(moves.length > 0 ? moves : order)];
}

/** Another contract would make all keys of the cluster anew. */
function contract(reached: ReachedVersions, wanted: ReachedVersions): readonly Problem[] {
  const [born, asked] = [reached.talosContract, wanted.talosContract];
  if (born === undefined || asked === undefined || born === asked) return [];
  return [
    problem(
      "cluster.talosContract",
      `${asked} is not what the cluster was born with, ${born}`,
      `write ${born} for as long as this cluster lives; what is installed is versions.talos`,
    ),
  ];
}
