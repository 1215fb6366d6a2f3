// The few lines that all HTTP services of the lab share.
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";

/** Answers one request. What it throws becomes a 500 with the message in the log, never a crash of the lab. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** An HTTP server without a port of its own; connections are given to it by `emit("connection")`. */
export function httpServer(handler: Handler, log: (line: string) => void): Server {
  return createServer(listenerOf(handler, log));
}

/** Turns a handler into what Node's servers call. */
export function listenerOf(handler: Handler, log: (line: string) => void): RequestListener {
  return (request, response) => {
    // A client that goes away in the middle is its own business.
    request.on("error", () => undefined);
    response.on("error", () => undefined);
    void Promise.resolve()
      .then(() => handler(request, response))
      .catch((error: unknown) => {
        log(`${request.method ?? ""} ${request.url ?? ""}: ${String(error)}`);
        if (!response.headersSent) sendText(response, 500, "the lab's stand-in failed; its log says why\n");
        else response.destroy();
      });
  };
}

/** Reads a whole body. @throws Error above the limit (default 64 MiB) */
export async function readBody(request: IncomingMessage, limit = 64 * 1024 * 1024): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new Error(`body is larger than ${String(limit)} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Headers of an answer. */
export type Headers = Readonly<Record<string, string>>;

/** Sends JSON. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Headers = {},
): void {
  send(response, status, "application/json; charset=utf-8", Buffer.from(JSON.stringify(body)), headers);
}

/** Sends text. */
export function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Headers = {},
): void {
  send(response, status, "text/plain; charset=utf-8", Buffer.from(text), headers);
}

/** Sends bytes; to a HEAD request only their headers. */
export function send(
  response: ServerResponse,
  status: number,
  contentType: string,
  body: Buffer,
  headers: Headers = {},
): void {
  response.writeHead(status, { ...headers, "content-type": contentType, "content-length": body.length });
  response.end(response.req.method === "HEAD" ? undefined : body);
}
