// A TCP listener whose link can be cut or made slow while it runs: what every service of the lab listens with.
import { createServer, type Server, type Socket } from "node:net";
import { Duplex, Transform, pipeline } from "node:stream";

/** What {@link listen} needs. */
export interface ListenOptions {
  /** What listens there, for error messages, e.g. `Git host`. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** Gets every connection; behind a slow link it is no Socket but a plain Duplex. */
  readonly onConnection: (connection: Duplex) => void;
}

/** A running listener. */
export interface Listener {
  /** Closes the port and every connection. */
  stop(): Promise<void>;
  /** True closes the port and every connection, false opens it again. */
  setDown(down: boolean): Promise<void>;
  /** Delay of every piece of data in either direction, for connections made from now on. 0 = none (the default). */
  setLatency(milliseconds: number): void;
  /** Ends all connections, leaves the port open. */
  dropConnections(): void;
}

/** Listens, with faults to switch. @throws Error naming the service and the address when the port is taken */
export async function listen(options: ListenOptions): Promise<Listener> {
  const sockets = new Set<Socket>();
  let latency = 0;
  let server: Server | undefined;

  const dropConnections = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const open = async (): Promise<void> => {
    if (server !== undefined) return;
    server = await bind(options, (socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      // Without a listener a reset by the peer would end the whole supervisor.
      socket.on("error", () => socket.destroy());
      socket.setNoDelay(true);
      options.onConnection(latency > 0 ? delayed(socket, latency) : socket);
    });
  };
  const close = async (): Promise<void> => {
    const closing = server;
    server = undefined;
    if (closing === undefined) return;
    const closed = new Promise<void>((resolve) => closing.close(() => resolve()));
    dropConnections();
    await closed;
  };

  await open();
  return {
    stop: close,
    setDown: (down) => (down ? close() : open()),
    setLatency: (milliseconds) => {
      latency = milliseconds;
    },
    dropConnections,
  };
}

async function bind(
  { name, address, port }: ListenOptions,
  onSocket: (socket: Socket) => void,
): Promise<Server> {
  const server = createServer(onSocket);
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const where = `${address}:${String(port)}`;
      if (error.code === "EADDRINUSE")
        reject(
          new Error(`${name}: another program listens on ${where}; end it, or give the lab another slot`),
        );
      else if (error.code === "EADDRNOTAVAIL")
        reject(
          new Error(
            `${name}: this computer has no address ${address}; on macOS: sudo ifconfig lo0 alias ${address}`,
          ),
        );
      else reject(new Error(`${name} cannot listen on ${where}: ${error.message}`));
    });
    server.listen(port, address, () => {
      server.removeAllListeners("error");
      resolve(server);
    });
  });
}

/** A link on which every piece of data takes this long, one after the other, in either direction. */
function delayed(socket: Socket, milliseconds: number): Duplex {
  const delay = (): Transform =>
    new Transform({
      transform(chunk, _encoding, done) {
        setTimeout(() => {
          done(null, chunk);
        }, milliseconds);
      },
    });
  const incoming = delay();
  const outgoing = delay();
  pipeline(socket, incoming, () => undefined);
  pipeline(outgoing, socket, () => undefined);
  const link = Duplex.from({ readable: incoming, writable: outgoing });
  link.on("error", () => socket.destroy());
  link.once("close", () => socket.destroy());
  return link;
}
