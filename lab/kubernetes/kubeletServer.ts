// The part of a kubelet's API behind `kubectl logs`: GET /containerLogs/<namespace>/<pod>/<container>. Only the cluster's
// own API server may call it (client certificate).
import { once } from "node:events";
import { createReadStream, existsSync, readFileSync, statSync, unwatchFile, watchFile } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { TLSSocket } from "node:tls";
import type { IssuedCertificate } from "./certificates.ts";

/** The log file of a container; undefined for a pod that is only played. */
export type LogSource = (namespace: string, pod: string, container: string) => string | undefined;

/** Where to listen, and for whom. */
export interface KubeletServerOptions {
  readonly address: string;
  readonly port: number;
  /** PEM of the CA whose clients are accepted. */
  readonly ca: string;
  readonly certificate: IssuedCertificate;
  readonly logs: LogSource;
}

/** A running server. */
export interface KubeletServer {
  stop(): Promise<void>;
}

/** Starts it. */
export async function startKubeletServer(options: KubeletServerOptions): Promise<KubeletServer> {
  const { certificate, ca, logs } = options;
  const sockets = new Set<TLSSocket>();
  const server = createServer(
    { cert: certificate.crt, key: certificate.key, ca, requestCert: true, rejectUnauthorized: true },
    (incoming, answer) => {
      serve(incoming, answer, logs);
    },
  );
  server.on("secureConnection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(options.port, options.address);
  await once(server, "listening");
  return {
    stop: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}

function serve(incoming: IncomingMessage, answer: ServerResponse, logs: LogSource): void {
  const url = new URL(incoming.url ?? "/", "https://kubelet");
  const [, kind, namespace = "", pod = "", container = ""] = url.pathname.split("/");
  if (kind !== "containerLogs") {
    answer.writeHead(404).end("this kubelet serves logs only\n");
    return;
  }
  answer.writeHead(200, { "content-type": "text/plain" });
  const file = logs(namespace, pod, container);
  if (file === undefined) {
    answer.end(`${namespace}/${pod} is played by the lab: it runs no program, so it has no log\n`);
    return;
  }
  const tail = Number(url.searchParams.get("tailLines") ?? "-1");
  const size = existsSync(file) ? statSync(file).size : 0;
  answer.write(size === 0 ? "" : lastLines(readFileSync(file, "utf8"), tail));
  if (url.searchParams.get("follow") === "true") follow(file, size, answer);
  else answer.end();
}

function lastLines(text: string, count: number): string {
  if (count < 0) return text;
  const lines = text.split("\n");
  return lines.slice(Math.max(0, lines.length - 1 - count)).join("\n");
}

/** Sends what is appended, until the caller goes. */
function follow(file: string, from: number, answer: ServerResponse): void {
  let at = from;
  const changed = (): void => {
    const size = existsSync(file) ? statSync(file).size : 0;
    if (size <= at) return;
    createReadStream(file, { start: at, end: size - 1 }).on("data", (part) => answer.write(part));
    at = size;
  };
  watchFile(file, { interval: 500 }, changed);
  answer.on("close", () => {
    unwatchFile(file, changed);
  });
}
