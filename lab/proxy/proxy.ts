// The lab's Internet: a forward proxy that answers, for exactly the hosts it was given, from the lab's own services,
// and refuses every other host with its name. TLS ends here, with certificates of the lab's own authority, so that the
// addresses in the Git tree and the stack config are the same in the lab as at home.
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { openAuthority } from "./certificates.ts";
import { httpServer, sendText, type Handler } from "./http.ts";
import { listen } from "./listener.ts";
import { passOn } from "./passOn.ts";

/** Who answers for a host; asked at every connection, so hosts may come and go. Host in lower case, without port. */
export type Routes = ReadonlyMap<string, Handler>;

/** What {@link startProxy} needs. */
export interface ProxyOptions {
  readonly address: string;
  readonly port: number;
  /** Folder of `ca.crt`, `ca.key` and `bundle.crt`. */
  readonly root: string;
  readonly routes: () => Routes;
  readonly log: (line: string) => void;
}

/** A running proxy. */
export interface Proxy {
  stop(): Promise<void>;
  /** True: nobody answers at the proxy's port, as without a network. */
  setDown(down: boolean): Promise<void>;
  /** True: this host answers 503 to everything. */
  setHostDown(host: string, down: boolean): void;
  /** Slow link: milliseconds added to every piece of data. 0 = none. */
  setLatency(milliseconds: number): void;
  /** e.g. `http://127.10.1.2:3128` */
  readonly url: string;
  readonly certificateFile: string;
  readonly bundleFile: string;
}

/** Starts the proxy. */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const { address, port, log } = options;
  const authority = await openAuthority(options.root);
  const hostsDown = new Set<string>();
  /** The host that the client of a decrypted connection asked for. */
  const hostOf = new WeakMap<Duplex, string>();

  const answer = async (host: string, request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const handler = options.routes().get(host);
    if (handler === undefined) sendText(response, 403, `${refusal(host, options.routes())}\n`);
    else if (hostsDown.has(host)) sendText(response, 503, "Service Unavailable\n");
    else await handler(request, response);
    log(`${host} ${request.method ?? ""} ${readable(request.url ?? "")} ${String(response.statusCode)}`);
  };

  /** Serves what comes out of the TLS connections. */
  const inner = httpServer(
    (request, response) => answer(hostOf.get(request.socket) ?? "", request, response),
    log,
  );
  /** Serves the proxy's own port: plain http:// requests here, CONNECT below. */
  const outer = httpServer((request, response) => {
    const target = URL.parse(request.url ?? "");
    if (target === null) {
      sendText(
        response,
        400,
        "lab: this is a forward proxy; ask it for http://host/path or CONNECT host:port\n",
      );
      return;
    }
    request.url = `${target.pathname}${target.search}`;
    if (isLoopback(target.hostname)) return passOn(target, request, response);
    return answer(target.hostname.toLowerCase(), request, response);
  }, log);

  outer.on("connect", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    const target = URL.parse(`tcp://${request.url ?? ""}`);
    const host = target?.hostname.toLowerCase() ?? "";
    if (target !== null && isLoopback(host)) tunnel(host, Number(target.port), socket, head);
    else if (!options.routes().has(host)) {
      const text = refusal(host, options.routes());
      log(`CONNECT ${request.url ?? ""} 403`);
      // Clients show the status line's own words and nothing of the body.
      socket.end(
        `HTTP/1.1 403 ${text}\r\nContent-Type: text/plain\r\nContent-Length: ${String(Buffer.byteLength(text))}\r\nConnection: close\r\n\r\n${text}`,
      );
    } else
      void authority.contextFor(host).then(
        (secureContext) => {
          socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
          if (head.length > 0) socket.unshift(head);
          const secure = new TLSSocket(socket, {
            isServer: true,
            secureContext,
            ALPNProtocols: ["http/1.1"],
          });
          // A client that does not trust the lab's authority hangs up here.
          secure.on("error", (error: Error) => {
            log(`${host}: TLS failed: ${error.message}`);
            socket.destroy();
          });
          hostOf.set(secure, host);
          inner.emit("connection", secure);
        },
        (error: unknown) => {
          log(`${host}: no certificate: ${String(error)}`);
          socket.destroy();
        },
      );
  });

  const listener = await listen({
    name: "proxy",
    address,
    port,
    onConnection: (socket) => void outer.emit("connection", socket),
  });
  return {
    url: `http://${address}:${String(port)}`,
    certificateFile: authority.certificateFile,
    bundleFile: authority.bundleFile,
    stop: () => listener.stop(),
    setDown: (down) => listener.setDown(down),
    setHostDown: (host, down) => {
      if (down) hostsDown.add(host.toLowerCase());
      else hostsDown.delete(host.toLowerCase());
    },
    setLatency: (milliseconds) => {
      listener.setLatency(milliseconds);
    },
  };
}

/** Text for a host that nobody answers for. */
function refusal(host: string, routes: Routes): string {
  return `lab: ${host} is not served; it serves: ${[...routes.keys()].sort().join(", ")}`;
}

/** The path of a Flux Receiver is as good as its token. */
function readable(url: string): string {
  return url.replace(/^\/hook\/.+/, "/hook/…");
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** Some clients send loopback addresses to the proxy as well; they reach them as if it were not there. */
function tunnel(host: string, port: number, socket: Duplex, head: Buffer): void {
  const onward: Socket = connect(port, host.replace(/^\[|\]$/g, ""));
  onward.once("connect", () => {
    socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
    onward.write(head);
    onward.pipe(socket);
    socket.pipe(onward);
  });
  onward.on("error", (error) => {
    socket.end(`HTTP/1.1 502 ${error.message}\r\nConnection: close\r\n\r\n`);
  });
  socket.once("close", () => onward.destroy());
}
