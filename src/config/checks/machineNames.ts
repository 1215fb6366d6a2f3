// One machine under two names. To the program a name is a machine: another name is another machine, and the old one is
// drained and wiped at the address that it had, which would then be the renamed machine itself.
import { isOnlyControlPlane, type LastRun } from "../reached.ts";
import { problem, type Problem } from "../problem.ts";
import type { Placed } from "./placed.ts";

/** A machine of the cluster as it is known without asking it. */
interface Known {
  readonly name: string;
  readonly address: string;
}

/** Names and addresses that the cluster knows otherwise, as far as that is wrong whatever the machines say. */
export function checkMachineNames(
  lastRun: LastRun,
  placed: readonly Placed[],
  endpoint: string | undefined,
): readonly Problem[] {
  const known = knownMachines(lastRun);
  return [
    ...placed.flatMap((one) => renamed(known, one, placed, lastRun)),
    ...endpointLeftBehind(known, placed, endpoint),
  ];
}

/** What the state has is what a removal would wipe; of a machine that was called gone nothing is wiped. */
function knownMachines({ machines = [], configured }: LastRun): readonly Known[] {
  const isGone = (name: string): boolean => machines.some((one) => one.name === name && one.gone);
  return (configured ?? machines).filter(({ name }) => !isGone(name));
}

function renamed(
  known: readonly Known[],
  { path, node }: Placed,
  placed: readonly Placed[],
  { machines }: LastRun,
): readonly Problem[] {
  if (node.gone === true || node.name === undefined || node.address === undefined) return [];
  const here = known.filter(({ address }) => address === node.address);
  const before = here.find(({ name }) => !placed.some((other) => other.node.name === name));
  // The state has both: what has happened there only the machine can say.
  if (before === undefined || here.some(({ name }) => name === node.name)) return [];
  return [
    problem(
      `${path}.name`,
      `${node.address} is the address of ${before.name}, which is in nodes no longer: another name is another machine, and this one would be wiped when ${before.name} leaves`,
      isOnlyControlPlane(machines, before.name)
        ? `write ${before.name}: the only control plane keeps its name as long as the cluster lives; is it other hardware, see docs/runbooks/machines.md`
        : `write ${before.name}; to have it under another name remove its line, run pulumi up, which wipes it, then add ${node.name}; for other hardware at this address keep the line of ${before.name} as well, with gone: true`,
    ),
  ];
}

/** An endpoint that was a machine's own address goes where the machine goes. */
function endpointLeftBehind(
  known: readonly Known[],
  placed: readonly Placed[],
  endpoint: string | undefined,
): readonly Problem[] {
  if (endpoint === undefined) return [];
  const url = new URL(endpoint);
  const owner = known.find(({ address }) => address === url.hostname);
  const now = placed.find(({ node }) => node.name === owner?.name)?.node;
  if (owner === undefined || now?.address === undefined || now.gone === true) return [];
  if (placed.some(({ node }) => node.address === owner.address)) return [];
  return [
    problem(
      "cluster.endpoint",
      `${url.hostname} was the address of ${owner.name}, which is asked for at ${now.address}: nobody would answer there`,
      `write https://${now.address}:${url.port}, or a virtual address`,
    ),
  ];
}
