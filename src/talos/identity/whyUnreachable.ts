// Whether anybody answers at an address, in a moment and without a word: a talosctl that waits for a dead machine takes
// seconds, and there may be many.
import { connect } from "node:net";

/** Where Talos listens. Source: Talos docs, network connectivity. */
export const talosPort = 50_000;

/** Why no TCP connection is made within so many milliseconds; undefined when one is. */
export async function whyUnreachable(
  host: string,
  ms: number,
  port = talosPort,
): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const socket = connect({ host, port, timeout: ms });
  socket.once("connect", () => {
    resolve(undefined);
  });
  // On a busy computer the limit may be over before this process has looked at what came in.
  socket.once("timeout", () => setImmediate(resolve, `no answer within ${String(ms / 1000)} s`));
  socket.once("error", (error: NodeJS.ErrnoException) => {
    resolve(error.code === "ECONNREFUSED" ? "refuses the connection" : error.message);
  });
  return promise.finally(() => socket.destroy());
}
