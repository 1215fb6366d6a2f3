// Rules between what the last run reached and what is asked for now: how far one run may go, and in which order.
import type { ReachedVersions } from "../reached.ts";
import { problem, type Problem } from "../problem.ts";
import type { Component } from "../releases.ts";
import { checkOrder, type Versions } from "../skew.ts";
import { badMove } from "../versionMove.ts";

const components: readonly {
  readonly name: Component;
  readonly key: keyof Versions;
  readonly path: string;
}[] = [
  { name: "Talos", key: "talos", path: "versions.talos" },
  { name: "Kubernetes", key: "kubernetes", path: "versions.kubernetes" },
  { name: "Cilium", key: "cilium", path: "versions.cilium" },
  { name: "Flux", key: "flux", path: "the OCIRepository's tag in the tree" },
];

/** What is wrong with going from `reached` to `wanted` in one run. Nothing is, before a first run has finished. */
export function checkMoves(reached: ReachedVersions, wanted: ReachedVersions): readonly Problem[] {
  const moves = components.flatMap(({ name, key, path }) => {
    const [from, to] = [reached[key], wanted[key]];
    const bad = from === undefined || to === undefined ? undefined : badMove(name, from, to);
    return bad === undefined
      ? []
      : [problem(path, `the cluster has ${name} ${from ?? ""}, asked is ${bad.asked}`, bad.todo)];
  });
  // Where a single component cannot go at all, the order of all of them is no question yet.
  return [...contract(reached, wanted), ...(moves.length > 0 ? moves : checkOrder(reached, wanted))];
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
