// Asks the Kubernetes API through its endpoint, again and again, and notes how long it did not answer at a stretch.
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import { parse } from "yaml";
import { kubeconfigFile } from "./access.ts";
import type { LabLayout } from "./layout.ts";

interface Access {
  readonly server: string;
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** A running prober. */
export class Prober {
  readonly #access: Access;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #lastAnswer = Date.now();
  #longest = 0;

  constructor(layout: LabLayout) {
    this.#access = accessOf(readFileSync(kubeconfigFile(layout), "utf8"));
    this.#running = this.#run();
  }

  /** @returns milliseconds of the longest time without an answer */
  async stop(): Promise<number> {
    this.#stop.abort();
    await this.#running;
    return Math.max(this.#longest, Date.now() - this.#lastAnswer);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      if (await this.#ask()) {
        this.#longest = Math.max(this.#longest, Date.now() - this.#lastAnswer);
        this.#lastAnswer = Date.now();
      }
      await delay(100, undefined, { signal }).catch(() => undefined);
    }
  }

  #ask(): Promise<boolean> {
    const { server, ca, cert, key } = this.#access;
    return new Promise((resolve) => {
      const call = request(`${server}/readyz`, { ca, cert, key, agent: false, timeout: 1_000 }, (answer) => {
        answer.resume();
        resolve(answer.statusCode === 200);
      });
      call.once("timeout", () => call.destroy());
      call.once("error", () => {
        resolve(false);
      });
      call.end();
    });
  }
}

function accessOf(kubeconfig: string): Access {
  const { clusters, users } = parse(kubeconfig) as {
    clusters: { cluster: { server: string; "certificate-authority-data": string } }[];
    users: { user: { "client-certificate-data": string; "client-key-data": string } }[];
  };
  const decoded = (text = ""): Buffer => Buffer.from(text, "base64");
  return {
    server: clusters[0]?.cluster.server ?? "",
    ca: decoded(clusters[0]?.cluster["certificate-authority-data"]),
    cert: decoded(users[0]?.user["client-certificate-data"]),
    key: decoded(users[0]?.user["client-key-data"]),
  };
}
