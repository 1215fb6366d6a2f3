// machined: answers a call on the machine it is meant for. Checks the sender's roles, decodes, calls the method, encodes;
// and cuts the answer short when the machine goes down meanwhile.
import { cosiHandlers } from "./cosi/service.ts";
import { StatusError } from "./errors.ts";
import type { CallContext, Handler, Handlers } from "./handler.ts";
import { healthHandlers } from "./health.ts";
import type { TalosMachine } from "./machine.ts";
import { methods } from "./protos.ts";
import type { Message, Method } from "./protos.ts";
import { authorize } from "./roles.ts";
import type { Call } from "./routing.ts";
import { configHandlers } from "./services/config.ts";
import { etcdHandlers } from "./services/etcd.ts";
import { hardwareHandlers, timeHandlers } from "./services/hardware.ts";
import { imageHandlers } from "./services/images.ts";
import { lifecycleHandlers } from "./services/lifecycle.ts";
import { logHandlers } from "./services/logs.ts";
import { maintenanceHandlers } from "./services/maintenance.ts";
import { powerHandlers } from "./services/power.ts";
import { serviceHandlers } from "./services/services.ts";
import { storageHandlers } from "./services/storage.ts";
import { minorOf } from "./version.ts";

const configured: ReadonlyMap<string, Handlers> = new Map([
  [
    "machine.MachineService",
    {
      ...configHandlers,
      ...etcdHandlers,
      ...hardwareHandlers,
      ...logHandlers,
      ...powerHandlers,
      ...serviceHandlers,
    },
  ],
  ["cluster.ClusterService", healthHandlers],
  ["storage.StorageService", storageHandlers],
  ["time.TimeService", timeHandlers],
  ["cosi.resource.State", cosiHandlers],
]);

const since13: ReadonlyMap<string, Handlers> = new Map([
  ["machine.ImageService", imageHandlers],
  ["machine.LifecycleService", lifecycleHandlers],
]);

// Source: siderolabs/talos v1.12.0 internal/app/maintenance/server.go
const maintenance: ReadonlyMap<string, Handlers> = new Map([
  ["machine.MachineService", maintenanceHandlers],
  ["storage.StorageService", storageHandlers],
  ["cosi.resource.State", cosiHandlers],
]);

/** Answers a call on `machine`. @throws StatusError and whatever the method throws */
export async function* answer(machine: TalosMachine, call: Call): AsyncIterable<Buffer> {
  const method = methods.get(call.path);
  const [, service = "", name = ""] = call.path.split("/");
  if (!method) throw new StatusError("Unimplemented", `unknown method ${name} for service ${service}`);
  // A service that is not there is not there for anybody: gRPC answers before rights are looked at.
  const handlers = handlersOf(machine, service);
  if (!handlers) throw new StatusError("Unimplemented", `unknown service ${service}`);
  // Talos up to 1.12 has no authorizer in maintenance mode: what is not for everybody is not there at all.
  if (machine.config) authorize(call.path, call.roles);
  const handler = handlers[name];
  if (!handler) throw new StatusError("Unimplemented", `method ${name} not implemented`);
  const down = machine.connectionSignal;
  const context = { machine, roles: call.roles, signal: AbortSignal.any([call.signal, down]) };
  yield* untilDown(run(method, handler, call, context), down);
}

function handlersOf(machine: TalosMachine, service: string): Handlers | undefined {
  if (!machine.config) return maintenance.get(service);
  return configured.get(service) ?? (minorOf(machine.talosVersion) >= 13 ? since13.get(service) : undefined);
}

async function* run(
  method: Method,
  handler: Handler,
  call: Call,
  context: CallContext,
): AsyncIterable<Buffer> {
  if (handler.kind === "upload") {
    const result = await handler.run(decoded(method, call.requests), context);
    yield method.encodeResponse({ messages: [result] });
    return;
  }
  let request: Message | undefined;
  for await (const bytes of call.requests) request ??= method.decodeRequest(bytes);
  request ??= {};
  if (handler.kind === "stream") {
    for await (const message of handler.run(request, context)) yield method.encodeResponse(message);
    return;
  }
  const result = await handler.run(request, context);
  yield method.encodeResponse(handler.kind === "bare" ? result : { messages: [result] });
}

async function* decoded(method: Method, requests: AsyncIterable<Buffer>): AsyncIterable<Message> {
  for await (const bytes of requests) yield method.decodeRequest(bytes);
}

// A client of a machine that goes down sees its connection end, also when it came through another machine.
async function* untilDown(answers: AsyncIterable<Buffer>, down: AbortSignal): AsyncIterable<Buffer> {
  const lost = (): StatusError => new StatusError("Unavailable", "error reading from server: EOF");
  if (down.aborted) throw lost();
  const iterator = answers[Symbol.asyncIterator]();
  const cut = Promise.withResolvers<never>();
  cut.promise.catch(() => undefined);
  const onDown = (): void => {
    cut.reject(lost());
  };
  down.addEventListener("abort", onDown);
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), cut.promise]);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    down.removeEventListener("abort", onDown);
    void iterator.return?.().catch(() => undefined);
  }
}
