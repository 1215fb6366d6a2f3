// Rules for cluster.endpoint: somebody must be able to answer there, and while it moves nothing else does that the API servers
// have to answer for.
import { changes, settings } from "../../versions/components.ts";
import { endpointHistory } from "../endpointMove.ts";
import { contains } from "../ip.ts";
import { problem, type Finding, type Problem } from "../problem.ts";
import type { LastRun, ReachedMachine, ReachedVersions } from "../reached.ts";
import type { Values } from "../readStack.ts";
import { askedMachines, labelOf, stayingMachines, type AskedMachine } from "./askedMachines.ts";
import { reservedIn } from "./network.ts";

const path = "cluster.endpoint";

/** All problems of the endpoint with networks and machines. */
export function* checkEndpoint(values: Values): Iterable<Problem> {
  const { cluster, network = {} } = values;
  if (cluster?.endpoint === undefined) return;
  const { hostname } = new URL(cluster.endpoint);
  // Among the pods or services it would exist only once the cluster runs, which needs the endpoint.
  for (const kind of ["podCidr", "serviceCidr"] as const)
    if (contains(network[kind] ?? "", hostname))
      yield problem(
        path,
        `${hostname} is inside network.${kind} ${network[kind] ?? ""}`,
        "write an address of the machines' network",
      );
  const reserved = reservedIn(network.nodeCidr, hostname);
  if (reserved !== undefined)
    yield problem(
      path,
      `${reserved}, at which nobody answers`,
      "write a virtual address, or that of the only control plane",
    );
  const owner = askedMachines(values).find(({ address }) => address === hostname);
  const controlPlanes = stayingMachines(values).filter(({ role }) => role === "controlplane");
  if (owner?.role === "worker")
    yield problem(
      path,
      `${hostname} is the address of the worker ${labelOf(owner)}, which serves no Kubernetes API`,
      "write the address of a control plane or a virtual address",
    );
  else if (owner !== undefined && controlPlanes.length > 1)
    yield problem(
      path,
      `${hostname} is the address of ${labelOf(owner)} alone: the cluster would be out of reach whenever that machine is off`,
      "write a virtual address (a Layer2VIPConfig in patches.controlplane) or a load balancer",
    );
}

/** All problems of going from the endpoint of the last run to that of the stack config. */
export function* checkEndpointMove(
  lastRun: LastRun,
  values: Values,
  wanted: ReachedVersions,
): Iterable<Finding> {
  const endpoint = values.cluster?.endpoint;
  const { from } = endpoint === undefined ? {} : endpointHistory(lastRun, endpoint);
  if (endpoint === undefined || from === undefined) return;
  const [before, after] = [new URL(from), new URL(endpoint)];
  // The program asks each API server by itself as well, at the endpoint's port.
  if (before.port !== after.port)
    yield problem(
      path,
      `${endpoint} has another port than ${from}, and the API servers of a living cluster stay at theirs`,
      `keep the port ${before.port || "443"}; a load balancer in front may listen there too`,
    );
  const changed = changedControlPlane(lastRun, askedMachines(values), [before.hostname, after.hostname]);
  const others = [
    ...changes(lastRun.versions, wanted)
      .filter((key) => key !== "cilium")
      .map((key) => `changes ${key === "flux" ? "the version of Flux" : settings[key]}`),
    ...(changed === undefined ? [] : [`adds, changes or removes the control plane ${changed}`]),
  ];
  for (const other of others)
    yield problem(
      path,
      `moves from ${from} to ${endpoint} in the run that ${other}`,
      "do one of both in an up of its own",
    );
  yield `cluster.endpoint moves from ${from} to ${endpoint}: the API servers restart one after the other and answer to both names, then every client of the program goes to the new one; the next up takes the old name out of the certificates. Other clients need the new kubeconfig: pulumi stack output kubeconfig --show-secrets`;
}

/** The first control plane that is not as the last run left it, by name. @param hosts of the endpoint, before and now */
function changedControlPlane(
  { machines }: LastRun,
  asked: readonly AskedMachine[],
  hosts: readonly [string, string],
): string | undefined {
  if (machines === undefined) return undefined;
  const controlPlanes = (list: readonly Partial<ReachedMachine>[]): readonly Partial<ReachedMachine>[] =>
    list.filter(({ role }) => role === "controlplane");
  const [was, is] = [controlPlanes(machines), controlPlanes(asked)];
  // A single control plane may be the endpoint itself, and takes it along to its new address.
  const [[only], [now]] = [was, is];
  const isAlone = was.length === 1 && is.length === 1 && only?.name === now?.name;
  if (isAlone && only?.address === hosts[0] && now?.address === hosts[1]) return undefined;
  return [...was, ...is].find(({ name }) => {
    const [one, other] = [was, is].map((list) => list.find((machine) => machine.name === name));
    return (["address", "generation", "gone"] as const).some((key) => one?.[key] !== other?.[key]);
  })?.name;
}
