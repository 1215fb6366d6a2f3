// apid: who answers a call. Without `node` or `nodes` in the metadata it is this machine; otherwise the machines named
// there, reached through this one.
// Source: siderolabs/talos v1.12.0 internal/app/apid/pkg/director/director.go
import type { IncomingCall } from "./apiListener.ts";
import { answer } from "./dispatch.ts";
import { StatusError } from "./errors.ts";
import type { TalosMachine } from "./machine.ts";
import { methods } from "./protos.ts";
import { reachable, refuseInvalid } from "./reachable.ts";
import { parseRoles } from "./roles.ts";
import type { Role } from "./roles.ts";
import { minorOf } from "./version.ts";
import { errorAnswer, markAnswer } from "./wire.ts";

/** A call whose sender is known. */
export interface Call {
  readonly path: string;
  readonly roles: readonly Role[];
  readonly requests: AsyncIterable<Buffer>;
  readonly signal: AbortSignal;
}

/** Answers a call that arrived at a machine: there, or at the machines it names. */
export async function* routeCall(machine: TalosMachine, incoming: IncomingCall): AsyncIterable<Buffer> {
  const call: Call = {
    path: incoming.path,
    // In maintenance mode everybody reads, and nobody does more.
    roles: machine.config ? parseRoles(incoming.organizations) : ["os:reader"],
    requests: incoming.requests,
    signal: incoming.signal,
  };
  const node = incoming.metadata("node");
  const nodes = incoming.metadata("nodes");
  if (!machine.config || incoming.metadata("proxyfrom").length > 0 || node.length + nodes.length === 0) {
    yield* answer(machine, call);
    return;
  }
  if (node.length > 1) throw new StatusError("InvalidArgument", "node metadata must be single-valued");
  // Only control planes hold a client certificate for other machines.
  if (machine.config.type === "worker") {
    const [only, ...more] = nodes.length > 0 ? nodes : node;
    if (more.length > 0 || (only !== machine.address && only !== machine.config.hostname))
      throw new StatusError("PermissionDenied", "no request forwarding");
    yield* answer(machine, call);
    return;
  }
  if (nodes.length > 0) {
    checkOneToMany(machine, call.path);
    yield* answerOfMany(machine, call, nodes);
    return;
  }
  yield* answerOf(machine, call, node[0] ?? "");
}

/** The answer of another machine (or this one) as this machine's apid gets it, errors of reaching it included. */
export async function* answerOf(machine: TalosMachine, call: Call, target: string): AsyncIterable<Buffer> {
  yield* answer(reachable(machine, target), call);
}

// Since Talos 1.13.
const askedOfMany: ReadonlySet<string> = new Set([
  "machine.MachineService",
  "cluster.ClusterService",
  "inspect.InspectService",
  "storage.StorageService",
  "time.TimeService",
]);

function checkOneToMany(machine: TalosMachine, path: string): void {
  const refuse = (what: string): StatusError =>
    new StatusError("InvalidArgument", `one-2-many proxying is not supported for ${what}`);
  if (minorOf(machine.talosVersion) >= 13) {
    if (!askedOfMany.has(path.split("/")[1] ?? "")) throw refuse(`method ${path}`);
  } else if (path.startsWith("/cosi.")) throw refuse("COSI methods");
}

async function* answerOfMany(
  machine: TalosMachine,
  call: Call,
  targets: readonly string[],
): AsyncIterable<Buffer> {
  // One of these is enough for none of them to be asked.
  for (const target of targets) refuseInvalid(target);
  const streamed = methods.get(call.path)?.responseStream === true;
  const requests = await collect(call.requests);
  const one = async function* (target: string): AsyncIterable<Buffer> {
    try {
      const own = { ...call, requests: replay(requests) };
      for await (const response of answerOf(machine, own, target))
        yield markAnswer(response, target, streamed);
    } catch (error) {
      yield errorAnswer(error, target, streamed);
    }
  };
  if (streamed) yield* merge(targets.map(one));
  else yield Buffer.concat((await Promise.all(targets.map((target) => collect(one(target))))).flat());
}

async function collect(stream: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const all: Buffer[] = [];
  for await (const item of stream) all.push(item);
  return all;
}

async function* replay(items: readonly Buffer[]): AsyncIterable<Buffer> {
  for (const item of items) yield await Promise.resolve(item);
}

// Items of several streams as they come.
async function* merge(streams: readonly AsyncIterable<Buffer>[]): AsyncIterable<Buffer> {
  const pending = new Map(
    streams.map((stream, index) => {
      const iterator = stream[Symbol.asyncIterator]();
      const next = async () => ({ index, iterator, result: await iterator.next() });
      return [index, { next, promise: next() }] as const;
    }),
  );
  while (pending.size > 0) {
    const { index, result } = await Promise.race([...pending.values()].map(({ promise }) => promise));
    const entry = pending.get(index);
    if (result.done === true || !entry) {
      pending.delete(index);
      continue;
    }
    pending.set(index, { next: entry.next, promise: entry.next() });
    yield result.value;
  }
}
