// Rules between what the cluster has and what is asked for now: how far one run may go and in which order, and what stays as
// it is for the cluster's whole life. Nothing of it applies before there is a cluster.
import { apiUrl } from "../../steps/github.ts";
import { changes, names, settings } from "../../versions/components.ts";
import { badMove } from "../../versions/moves.ts";
import { checkOrder } from "../../versions/skew.ts";
import type { BornWith, GithubPlace } from "../livingCluster.ts";
import { problem, type Problem } from "../problem.ts";
import type { ReachedVersions } from "../reached.ts";
import type { Values } from "../readStack.ts";

/** What is wrong with going from `reached` to `wanted` in one run. */
export function checkMoves(reached: ReachedVersions, wanted: ReachedVersions): readonly Problem[] {
  const moves = changes(reached, wanted).flatMap((component) => {
    const from = reached[component] ?? "";
    const bad = badMove(component, from, wanted[component] ?? "");
    const found = `the cluster has ${names[component]} ${from}, asked is ${bad?.asked ?? ""}`;
    return bad === undefined ? [] : [problem(settings[component], found, bad.todo)];
  });
  const [born, asked] = [reached.talosContract, wanted.talosContract];
  // Another contract would make all keys of the cluster anew.
  const contract = problem(
    "cluster.talosContract",
    `${asked ?? ""} is not what the cluster was born with, ${born ?? ""}`,
    `write ${born ?? ""} for as long as this cluster lives; what is installed is versions.talos`,
  );
  return [
    ...(born === undefined || asked === undefined || born === asked ? [] : [contract]),
    // Where a single component cannot go at all, the order of all of them is no question yet.
    ...(moves.length > 0 ? moves : checkOrder(reached, wanted)),
  ];
}

/** Flux can be suspended only when it is there, and while no other version of it is asked for. */
export function* checkSuspend(
  { suspend }: Values,
  reached: ReachedVersions,
  wanted: ReachedVersions,
): Iterable<Problem> {
  if (suspend !== true) return;
  if (reached.flux === undefined)
    yield problem(
      "suspend",
      "is true, but no run has handed a cluster over to Flux yet, so there is nothing to suspend",
      "write false until the first pulumi up has finished",
    );
  else if (wanted.flux !== undefined && wanted.flux !== reached.flux)
    yield problem(
      "suspend",
      `is true, but Flux is to go from ${reached.flux} to ${wanted.flux}, which it does by itself and cannot while it is suspended`,
      "write false for the bump and suspend afterwards, or take the OCIRepository's tag back until then",
    );
}

/**
 * What a cluster keeps for its whole life: Kubernetes and Talos take another value without a word, and the parts that have
 * the old one no longer find each other.
 */
export function* checkBornWith(born: BornWith | undefined, { cluster, network }: Values): Iterable<Problem> {
  const facts = [
    ["cluster.name", born?.clusterName, cluster?.name],
    ["network.podCidr", born?.podCidr, network?.podCidr],
    ["network.serviceCidr", born?.serviceCidr, network?.serviceCidr],
  ] as const;
  for (const [path, has, asked] of facts)
    if (has !== undefined && asked !== undefined && has !== asked)
      yield problem(
        path,
        `${asked} is not what the cluster was made with, ${has}`,
        `write ${has} for as long as this cluster lives; another one is another cluster: pulumi destroy, then pulumi up`,
      );
}

/**
 * Where the deploy key and the webhook are registered. The GitHub provider takes another owner or server for another way to
 * the same things: they would stay where they are, and no preview would say so.
 */
export function* checkGithubPlace(
  registered: GithubPlace | undefined,
  github: Values["github"] = {},
): Iterable<Problem> {
  if (registered === undefined) return;
  const { owner = registered.owner, baseUrl } = github;
  const elsewhere = (path: string, asked: string, known: string, back: string): Problem =>
    problem(
      path,
      `${asked} is not where this cluster's deploy key and webhook are registered, ${known}`,
      `${back}, or move the repository: docs/runbooks/move-the-repository.md`,
    );
  // Source: docs.github.com, names of accounts are the same in capitals.
  if (owner.toLowerCase() !== registered.owner.toLowerCase())
    yield elsewhere("github.owner", owner, registered.owner, `write ${registered.owner}`);
  const known = registered.baseUrl;
  if (apiUrl(baseUrl).href !== apiUrl(known).href)
    yield elsewhere(
      "github.baseUrl",
      baseUrl ?? "github.com",
      known ?? "github.com",
      known === undefined ? "take it out" : `write ${known}`,
    );
}
