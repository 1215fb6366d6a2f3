// GitHub's deliveries through the lab's Internet: by its proxy, with its authority's certificates.
import { readFileSync } from "node:fs";
import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { join } from "node:path";
import type { Delivery, Send } from "./deliveries.ts";

/** The lab's proxy. */
export interface Internet {
  readonly address: string;
  readonly port: number;
  /** Folder of `ca.crt`; it may be made later. */
  readonly root: string;
}

/** A way to send. The answer's body is nobody's business: GitHub shows it to the repository's owner only. */
export function sendThrough({ address, port, root }: Internet): Send {
  const proxy = `http://${address}:${String(port)}`;
  return (delivery) => {
    const isHttps = delivery.url.startsWith("https:");
    // Read each time: the authority is made when the proxy starts.
    const agent = isHttps
      ? new HttpsAgent({
          proxyEnv: { HTTPS_PROXY: proxy },
          ca: readFileSync(join(root, "ca.crt")),
          rejectUnauthorized: !delivery.insecureSsl,
        })
      : new HttpAgent({ proxyEnv: { HTTP_PROXY: proxy } });
    return post(isHttps ? httpsRequest : httpRequest, agent, delivery);
  };
}

function post(request: typeof httpRequest, agent: HttpAgent, delivery: Delivery): Promise<number> {
  const { url, headers, body, signal } = delivery;
  return new Promise((resolve, reject) => {
    const length = { "content-length": String(Buffer.byteLength(body)) };
    const sent = request(url, { agent, method: "POST", headers: { ...headers, ...length }, signal });
    sent.once("response", (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.once("error", reject);
    sent.end(body);
  });
}
