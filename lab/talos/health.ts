// `talosctl health` as the machine itself runs it: Talos' checks in their order and words, each tried until it holds or
// its time is over.
// Source: siderolabs/talos v1.12.0 pkg/cluster/check/default.go and internal/app/machined/internal/server/v1alpha1.
import { StatusError } from "./errors.ts";
import { stream } from "./handler.ts";
import type { CallContext, Handlers } from "./handler.ts";
import { checks, Skip } from "./healthChecks.ts";
import type { ClusterNodes } from "./healthChecks.ts";
import type { TalosMachine } from "./machine.ts";
import type { Message } from "./protos.ts";

/** The cluster service. */
export const healthHandlers: Handlers = { HealthCheck: stream(healthCheck) };

async function* healthCheck(request: Message, context: CallContext): AsyncIterable<Message> {
  const { machine, signal } = context;
  const nodes = nodesOf(machine, request);
  const all = [...nodes.controlPlanes, ...nodes.workers];
  yield { message: `discovered nodes: [${all.map((ip) => `"${ip}"`).join(" ")}]` };
  const wait = request["wait_timeout"] as { seconds: string; nanos: number } | null;
  const deadline = Date.now() + Number(wait?.seconds ?? 0) * 1000 + (wait?.nanos ?? 0) / 1_000_000;
  for (const check of checks) {
    let last = `waiting for ${check.description}: ...`;
    yield { message: last };
    const until = Math.min(deadline, Date.now() + check.timeoutMs);
    for (;;) {
      const result = await attempt(() => check.run(machine, nodes));
      const line = `waiting for ${check.description}: ${result}`.trim();
      if (line !== last) yield { message: line };
      last = line;
      if (result === "OK" || result === "SKIP") break;
      if (signal.aborted || Date.now() > until)
        throw new StatusError("DeadlineExceeded", "context deadline exceeded");
      await new Promise((resolve) => setTimeout(resolve, machine.delays.pollMs * 2));
    }
  }
}

async function attempt(run: () => Promise<void> | void): Promise<string> {
  try {
    await run();
    return "OK";
  } catch (error) {
    if (error instanceof Skip) return "SKIP";
    return error instanceof Error ? error.message : String(error);
  }
}

// The nodes named in the request, or those the discovery service knows.
function nodesOf(machine: TalosMachine, request: Message): ClusterNodes {
  const info = request["cluster_info"] as { control_plane_nodes: string[]; worker_nodes: string[] } | null;
  const controlPlanes = info?.control_plane_nodes ?? [];
  const workers = info?.worker_nodes ?? [];
  if (controlPlanes.length + workers.length > 0) return { controlPlanes, workers };
  const members = machine.options.peers.members(machine.config?.clusterId ?? "");
  const ofType = (type: string): string[] =>
    members.filter(({ config }) => config?.type === type).map(({ address }) => address);
  return { controlPlanes: ofType("controlplane"), workers: ofType("worker") };
}
