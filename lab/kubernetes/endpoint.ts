// A TCP forwarder on an address of its own. For the cluster's endpoint it stands for the Talos VIP: it leads to a living
// control plane, and cuts connections to one that has died. While there is none its port is closed: a connection is
// refused, as by a machine where no API server runs. (One that is accepted and then cut is something else: clients repeat
// what they asked after that, and give up at once after a refusal.)
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

/** Starts forwarding. @throws Error when there are targets and somebody else has the port */
export async function startForwarder(options: ForwarderOptions): Promise<Forwarder> {
  const forwarder = new Forwarder(options);
  await forwarder.follow();
  return forwarder;
}

/** A running forwarder. */
export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #open = new Map<Socket, Target>();
  #server: Server | undefined;
  #stopped = false;
  /** One change of the port after the other. */
  #work: Promise<void> = Promise.resolve();

  constructor(options: ForwarderOptions) {
    this.#options = options;
  }

  /**
   * The targets have changed: cuts every connection to one that is no longer among them, and opens or closes the port.
   * @throws Error when somebody else has the port
   */
  async follow(): Promise<void> {
    const living = this.#stopped ? [] : this.#options.targets();
    for (const [socket, target] of this.#open)
      if (!living.some((found) => found.address === target.address && found.port === target.port))
        socket.destroy();
    this.#work = this.#work.catch(() => undefined).then(() => this.#adjust());
    await this.#work;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.follow();
  }

  async #adjust(): Promise<void> {
    const wanted = !this.#stopped && this.#options.targets().length > 0;
    if (wanted && this.#server === undefined) {
      const server = createServer((socket) => {
        this.#forward(socket);
      });
      server.listen(this.#options.port, this.#options.address);
      await once(server, "listening");
      this.#server = server;
    } else if (!wanted) {
      // The port is free at once; connections that are still open end by themselves.
      this.#server?.close();
      this.#server = undefined;
    }
  }

  #forward(socket: Socket): void {
    socket.on("error", () => undefined);
    const [target] = this.#options.targets();
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
