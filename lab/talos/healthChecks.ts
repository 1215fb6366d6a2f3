// The single checks of `talosctl health`. Each throws what is wrong, in Talos' words.
import { joinErrors } from "./config/validate.ts";
import { rpcErrorText } from "./errors.ts";
import type { TalosMachine } from "./machine.ts";
import type { KubernetesView } from "./options.ts";
import { reachable } from "./reachable.ts";

/** Addresses of the machines that should form the cluster. */
export interface ClusterNodes {
  readonly controlPlanes: readonly string[];
  readonly workers: readonly string[];
}

/** Thrown by a check that does not apply. */
export class Skip extends Error {}

/** One check. */
export interface HealthCheck {
  /** e.g. `etcd to be healthy`. */
  readonly description: string;
  readonly timeoutMs: number;
  /** @throws Error with what is wrong, or Skip */
  run(machine: TalosMachine, nodes: ClusterNodes): Promise<void> | void;
}

const minute = 60_000;
const minimumMemoryMiB = { controlplane: 2048, worker: 1024 } as const;
const minimumDiskBytes = 10 * 1024 ** 3;

/** All checks in Talos' order. */
export const checks: readonly HealthCheck[] = [
  check("etcd to be healthy", (machine, { controlPlanes }) => serviceHealthy(machine, controlPlanes, "etcd")),
  check("etcd members to be consistent across nodes", etcdConsistent),
  check("etcd members to be control plane nodes", etcdOnControlPlanes),
  check("apid to be ready", (machine, nodes) => {
    everyNode(machine, all(nodes), () => undefined);
  }),
  check("all nodes memory sizes", (machine, nodes) => {
    everyNode(machine, all(nodes), (peer, ip) => {
      const actual = peer.options.memoryMiB ?? 8192;
      const minimum = minimumMemoryMiB[peer.config?.type ?? "worker"];
      if (actual >= minimum) return undefined;
      return `node "${ip}" does not meet memory requirements: expected at least ${String(minimum)} MiB, actual ${String(actual)} MiB`;
    });
  }),
  check("all nodes disk sizes", (machine, nodes) => {
    everyNode(machine, all(nodes), (peer, ip) => {
      const disk = peer.disks.find(({ path }) => path === peer.record.installed?.disk);
      return (disk?.size ?? 0) >= minimumDiskBytes
        ? undefined
        : `ephemeral partition for node "${ip}" is too small`;
    });
  }),
  check("no diagnostics", () => undefined, minute),
  check("kubelet to be healthy", (machine, { controlPlanes }) =>
    serviceHealthy(machine, controlPlanes, "kubelet"),
  ),
  check("all nodes to finish boot sequence", booted),
  check("all k8s nodes to report", nodesReported),
  check("all control plane static pods to be running", staticPodsRunning),
  check("all control plane components to be ready", controlPlaneReady),
  check("all k8s nodes to report ready", nodesReady, 10 * minute),
  check("kube-proxy to report ready", (machine) => workloadReady(machine, "kube-proxy")),
  check("coredns to report ready", (machine) => workloadReady(machine, "kube-dns")),
  check("all k8s nodes to report schedulable", nodesSchedulable),
];

function check(description: string, run: HealthCheck["run"], timeoutMs = 5 * minute): HealthCheck {
  return { description, run, timeoutMs };
}

function all({ controlPlanes, workers }: ClusterNodes): string[] {
  return [...controlPlanes, ...workers];
}

// Collects what is wrong on each node, unreachable ones included.
function everyNode(
  machine: TalosMachine,
  ips: readonly string[],
  problem: (peer: TalosMachine, ip: string) => string | undefined,
): void {
  const problems = ips.flatMap((ip) => {
    try {
      return problem(reachable(machine, ip), ip) ?? [];
    } catch (error) {
      return [`${ip}: ${rpcErrorText(error)}`];
    }
  });
  if (problems.length > 0) throw new Error(joinErrors(problems));
}

async function serviceHealthy(machine: TalosMachine, ips: readonly string[], id: string): Promise<void> {
  await Promise.all(ips.map(async (ip) => machine.options.peers.find(ip)?.refresh()));
  everyNode(machine, ips, (peer, ip) => {
    const service = peer.services.find(id);
    if (!service) return `${ip}: no events recorded yet for service "${id}"`;
    if (service.state !== "Running")
      return `${ip}: service "${id}" not in expected state "Running": current state [${service.state}] ${service.message}`;
    return service.healthy === true ? undefined : `${ip}: service is not healthy: ${id}`;
  });
}

async function etcdConsistent(machine: TalosMachine, { controlPlanes }: ClusterNodes): Promise<void> {
  const lists = await Promise.all(
    controlPlanes.map(async (ip) => {
      const members = await reachable(machine, ip).options.runtime.etcdMembers();
      return {
        ip,
        members: new Map(members.map((m) => [`${m.id}/${m.hostname}/${String(m.isLearner)}`, m.hostname])),
      };
    }),
  );
  const [first, ...others] = lists;
  for (const { ip, members } of others) {
    const names = (list: ReadonlyMap<string, string>): string => `[${[...list.values()].join(" ")}]`;
    if (members.size !== first?.members.size)
      throw new Error(
        `${ip}: expected to have ${names(first?.members ?? new Map())} members, got ${names(members)}`,
      );
    for (const [key, hostname] of members)
      if (!first.members.has(key)) throw new Error(`${ip}: found unexpected etcd member ${hostname}`);
  }
}

async function etcdOnControlPlanes(machine: TalosMachine, { controlPlanes }: ClusterNodes): Promise<void> {
  const members = await machine.options.runtime.etcdMembers();
  const ips = members.flatMap(({ peerUrls }) => peerUrls.map((url) => new URL(url).hostname));
  if (ips.some((ip) => !controlPlanes.includes(ip)))
    throw new Error(
      `etcd member ips ${quoted(ips)} are not subset of control plane node ips ${quoted(controlPlanes)}`,
    );
}

function booted(machine: TalosMachine, nodes: ClusterNodes): void {
  const waiting = all(nodes).flatMap((ip) => {
    const state = reachable(machine, ip).state;
    return state === "running" ? [] : [`${state}: [${ip}]`];
  });
  if (waiting.length > 0) throw new Error(`nodes are not running: ${waiting.join(", ")}`);
}

async function nodesReported(machine: TalosMachine, nodes: ClusterNodes): Promise<void> {
  const actual = (await kubernetes(machine).nodes()).map(({ internalIP }) => internalIP);
  matchNodes(all(nodes), actual);
}

function staticPodsRunning(machine: TalosMachine, { controlPlanes }: ClusterNodes): void {
  for (const ip of controlPlanes) {
    const running = reachable(machine, ip)
      .options.runtime.staticPods()
      .map(({ name }) => name as string);
    const wanted = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"];
    const missing = wanted.filter((name) => !running.includes(name)).map((name) => `kube-system/${name}`);
    if (missing.length > 0) throw new Error(`missing static pods on node ${ip}: [${missing.join(" ")}]`);
  }
}

async function controlPlaneReady(machine: TalosMachine, { controlPlanes }: ClusterNodes): Promise<void> {
  const view = kubernetes(machine);
  const actual = (await view.nodes()).filter(({ controlPlane }) => controlPlane);
  matchNodes(
    controlPlanes,
    actual.map(({ internalIP }) => internalIP),
  );
  const problem = await view.controlPlanePodsReady();
  if (problem !== undefined) throw new Error(problem);
}

async function nodesReady(machine: TalosMachine): Promise<void> {
  const waiting = (await kubernetes(machine).nodes()).filter(({ ready }) => !ready).map(({ name }) => name);
  if (waiting.length > 0) throw new Error(`some nodes are not ready: [${waiting.join(" ")}]`);
}

async function nodesSchedulable(machine: TalosMachine): Promise<void> {
  const cordoned = (await kubernetes(machine).nodes()).filter(({ schedulable }) => !schedulable);
  if (cordoned.length > 0)
    throw new Error(`some nodes are not schedulable: [${cordoned.map(({ name }) => name).join(" ")}]`);
}

async function workloadReady(machine: TalosMachine, app: "kube-proxy" | "kube-dns"): Promise<void> {
  const answer = (await kubernetes(machine).workload?.(app)) ?? "absent";
  if (answer === "absent") throw new Skip();
  if (answer !== "ready") throw new Error(answer);
}

// A lab without a view of Kubernetes has nothing to ask: those checks are skipped.
function kubernetes(machine: TalosMachine): KubernetesView {
  const view = machine.options.kubernetes;
  if (!view) throw new Skip();
  return view;
}

function matchNodes(expected: readonly string[], actual: readonly string[]): void {
  const missing = expected.filter((ip) => !actual.includes(ip));
  const unexpected = actual.filter((ip) => !expected.includes(ip));
  if (missing.length > 0) throw new Error(`can't find expected node with IPs ${quoted(missing)}`);
  if (unexpected.length > 0) throw new Error(`unexpected nodes with IPs ${quoted(unexpected)}`);
}

function quoted(values: readonly string[]): string {
  return `[${values.map((value) => `"${value}"`).join(" ")}]`;
}
