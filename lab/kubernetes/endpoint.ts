// A TCP forwarder on an address of its own. For the cluster's endpoint it stands for the Talos VIP: it leads to a living
// control plane, refuses connections when there is none, and cuts those to one that has died.
import { connect, createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";

/** Where a connection may go. */
export interface Target {
  readonly address: string;
  readonly port: number;
}

/** What to listen on, and where to. */
export interface ForwarderOptions {
  readonly address: string;
  readonly port: number;
  /** Living targets, best first; asked for each connection. */
  readonly targets: () => readonly Target[];
}

/** Starts forwarding. */
export async function startForwarder(options: ForwarderOptions): Promise<Forwarder> {
  const forwarder = new Forwarder(options);
  await forwarder.listen();
  return forwarder;
}

/** A running forwarder. */
export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #server: Server;
  readonly #open = new Map<Socket, Target>();

  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#server = createServer((socket) => {
      this.#forward(socket);
    });
  }

  async listen(): Promise<void> {
    this.#server.listen(this.#options.port, this.#options.address);
    await once(this.#server, "listening");
  }

  /** Cuts every connection to a target that is no longer among the living. */
  cutDead(): void {
    const living = this.#options.targets();
    for (const [socket, target] of this.#open)
      if (!living.some((found) => found.address === target.address && found.port === target.port))
        socket.destroy();
  }

  async stop(): Promise<void> {
    for (const socket of this.#open.keys()) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #forward(socket: Socket): void {
    socket.on("error", () => undefined);
    const [target] = this.#options.targets();
    // As an address that nobody holds: the connection is refused, not accepted and left hanging.
    if (target === undefined) {
      socket.resetAndDestroy();
      return;
    }
    const upstream = connect(target.port, target.address);
    upstream.on("error", () => undefined);
    this.#open.set(socket, target);
    socket.on("close", () => {
      this.#open.delete(socket);
      upstream.destroy();
    });
    upstream.on("close", () => socket.destroy());
    socket.pipe(upstream).pipe(socket);
  }
}
