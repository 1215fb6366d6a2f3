// Rules for a run that moves cluster.endpoint: it moves nothing else that the API servers have to answer for meanwhile.
import { changes } from "../../versions/components.ts";
import { endpointHistory } from "../endpointMove.ts";
import type { LastRun, ReachedMachine, ReachedVersions } from "../reached.ts";
import { problem, type Findings, type Problem } from "../problem.ts";
import type { Values } from "../readStack.ts";

const names = {
  talos: "versions.talos",
  kubernetes: "versions.kubernetes",
  flux: "the version of Flux",
} as const;

/** All problems of going from the endpoint of the last run to that of the stack config. */
export function checkEndpointMove(lastRun: LastRun, values: Values, wanted: ReachedVersions): Findings {
  const endpoint = values.cluster?.endpoint;
  const { from } = endpoint === undefined ? {} : endpointHistory(lastRun, endpoint);
  if (endpoint === undefined || from === undefined) return { problems: [], warnings: [] };
  const problems = [
    ...otherPort(from, endpoint),
    ...withVersions(from, endpoint, lastRun.versions, wanted),
    ...withControlPlanes(from, endpoint, lastRun.machines, values),
  ];
  return { problems, warnings: [whatHappens(from, endpoint)] };
}

function whatHappens(from: string, endpoint: string): string {
  return `cluster.endpoint moves from ${from} to ${endpoint}: the API servers restart one after the other and answer to both names, then every client of the program goes to the new one; the next up takes the old name out of the certificates. Other clients need the new kubeconfig: pulumi stack output kubeconfig --show-secrets`;
}

/** The program asks each API server by itself as well, at the endpoint's port. */
function otherPort(from: string, endpoint: string): readonly Problem[] {
  const [before, after] = [new URL(from).port, new URL(endpoint).port];
  if (before === after) return [];
  const shown = (port: string): string => (port === "" ? "443" : port);
  return [
    problem(
      "cluster.endpoint",
      `${endpoint} has another port than ${from}, and the API servers of a living cluster stay at theirs`,
      `keep the port ${shown(before)}; a load balancer in front may listen there too`,
    ),
  ];
}

function withVersions(
  from: string,
  endpoint: string,
  reached: ReachedVersions,
  wanted: ReachedVersions,
): readonly Problem[] {
  return changes(reached, wanted).flatMap((key) =>
    key === "cilium" ? [] : inOwnRun(from, endpoint, `changes ${names[key]}`),
  );
}

function withControlPlanes(
  from: string,
  endpoint: string,
  machines: readonly ReachedMachine[] | undefined,
  values: Values,
): readonly Problem[] {
  const asked = (values.nodes ?? []).flatMap((node) =>
    node?.role === "controlplane" ? [{ gone: false, generation: 1, ...node }] : [],
  );
  const before = (machines ?? []).filter(({ role }) => role === "controlplane");
  const [known] = before;
  const [only] = asked;
  // A single control plane may be the endpoint itself, and takes it along to its new address.
  if (before.length === 1 && asked.length === 1 && known?.address === new URL(from).hostname)
    if (only?.address === new URL(endpoint).hostname && only.name === known.name) return [];
  const changed = [...before, ...asked].find(({ name }) => {
    const [was, is] = [before, asked].map((list) => list.find((one) => one.name === name));
    return was === undefined || is === undefined || !isSame(was, is);
  });
  // A machine whose name could not be read has a problem of its own.
  if (machines === undefined || changed?.name === undefined) return [];
  return [inOwnRun(from, endpoint, `adds, changes or removes the control plane ${changed.name}`)];
}

function isSame(one: Partial<ReachedMachine>, other: Partial<ReachedMachine>): boolean {
  return one.address === other.address && one.generation === other.generation && one.gone === other.gone;
}

function inOwnRun(from: string, endpoint: string, what: string): Problem {
  return problem(
    "cluster.endpoint",
    `moves from ${from} to ${endpoint} in the run that ${what}`,
    "do one of both in an up of its own",
  );
}
