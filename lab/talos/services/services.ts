// Talos' services: list, and start, stop, restart by hand.
import { unary } from "../handler.ts";
import type { Handler, Handlers } from "../handler.ts";

/** Methods about services. */
export const serviceHandlers: Handlers = {
  ServiceList: unary(async (_request, { machine }) => {
    await machine.refresh();
    return { services: machine.services.messages() };
  }),
  ServiceStart: byHand("start"),
  ServiceStop: byHand("stop"),
  ServiceRestart: byHand("restart"),
};

// Those of Talos that allow it at all are apid, trustd, kubelet, cri for a restart. A lab machine's parts have no such
// handles, so it refuses as Talos does for the others.
function byHand(operation: string): Handler {
  return unary((request, { machine }) => {
    const id = String(request["id"]);
    if (!machine.services.find(id)) throw new Error(`service "${id}" not defined`);
    throw new Error(`service "${id}" doesn't support ${operation} operation via API`);
  });
}
