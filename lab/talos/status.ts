// Is a machine ready, and if not, why? The conditions of Talos' MachineStatus, in its words.
// Source: siderolabs/talos v1.12.0 internal/app/machined/pkg/controllers/runtime/machine_status.go
import type { KubernetesView } from "./options.ts";
import type { ServiceStatus } from "./runtime.ts";

/** A condition that does not hold. */
export interface UnmetCondition {
  readonly name: string;
  readonly reason: string;
}

/** What the conditions are computed from. */
export interface StatusFacts {
  readonly services: readonly ServiceStatus[];
  readonly controlPlane: boolean;
  readonly timeInSync: boolean;
  readonly nodename: string;
  /** The node's readiness, undefined while it is not registered; not asked when Kubernetes is not in view. */
  readonly nodeReady: boolean | undefined | "unknown";
}

/** The conditions that a booting or running machine does not meet. Empty means ready. */
export function unmetConditions(facts: StatusFacts): UnmetCondition[] {
  const unmet: UnmetCondition[] = [];
  if (!facts.timeInSync) unmet.push({ name: "time", reason: "time is not synced" });
  const services = serviceProblems(facts);
  if (services.length > 0) unmet.push({ name: "services", reason: services.join(", ") });
  if (facts.nodeReady === undefined)
    unmet.push({ name: "nodeReady", reason: `node "${facts.nodename}" status is not available yet` });
  else if (facts.nodeReady === false)
    unmet.push({ name: "nodeReady", reason: `node "${facts.nodename}" is not ready` });
  return unmet;
}

/** True when the boot sequence is through: every service is up, which for etcd needs the bootstrap. */
export function bootFinished(services: readonly ServiceStatus[]): boolean {
  return services.every(
    ({ state, healthy }) => state === "Finished" || (state === "Running" && healthy !== false),
  );
}

/** Looks a node's readiness up; `unknown` without a view of Kubernetes. */
export async function nodeReadiness(
  kubernetes: KubernetesView | undefined,
  nodename: string,
): Promise<StatusFacts["nodeReady"]> {
  if (!kubernetes) return "unknown";
  try {
    return (await kubernetes.nodes()).find(({ name }) => name === nodename)?.ready;
  } catch {
    return undefined;
  }
}

function serviceProblems({ services, controlPlane }: StatusFacts): string[] {
  const required = ["apid", "machined", "kubelet", ...(controlPlane ? ["etcd", "trustd"] : [])];
  const problems = services.flatMap(({ id, state, healthy }) => {
    if (state !== "Running") return [`${id} not running`];
    return healthy === false ? [`${id} not healthy`] : [];
  });
  const present = new Set(services.map(({ id }) => id));
  return [...problems, ...required.filter((id) => !present.has(id)).map((id) => `${id} not running`)];
}
