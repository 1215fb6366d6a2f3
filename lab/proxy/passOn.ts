// Hands a request on to another server, as it is.
import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { sendText, type Handler } from "./http.ts";

/** Answers a request with what `target` answers; 502 when nobody is there. */
export function passOn(target: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const { "proxy-connection": _hop, ...headers } = request.headers;
    const onward = httpRequest(
      { host: target.hostname, port: target.port || 80, method: request.method, path: request.url, headers },
      (answered) => {
        response.writeHead(answered.statusCode ?? 502, answered.headers);
        answered.pipe(response);
        answered.once("close", resolve);
      },
    );
    onward.on("error", (error) => {
      if (!response.headersSent) sendText(response, 502, `lab: ${target.host}: ${error.message}\n`);
      resolve();
    });
    request.pipe(onward);
  });
}

/** A handler that hands everything on. @param server e.g. `http://127.10.1.3:9792` */
export function handOnTo(server: string): Handler {
  const target = new URL(server);
  return (request, response) => passOn(target, request, response);
}
