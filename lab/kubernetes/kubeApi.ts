// A small client of the Kubernetes API for the lab's own parts: plain JSON over HTTPS with a client certificate, and a
// watch that survives anything the API server does, up to being another cluster the next time.
import { Agent, request } from "node:https";
import { setTimeout as delay } from "node:timers/promises";

/** An object, as far as the lab looks at it. */
export interface LabObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
    readonly generation?: number;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

/** Whom to talk to and as whom. PEM texts. */
export interface ApiAccess {
  /** e.g. `https://127.10.1.10:6443`. */
  readonly server: string;
  readonly ca: string;
  readonly crt: string;
  readonly key: string;
}

/** The API server said no. */
export class ApiError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Kinds of patch. */
export const mergePatch = "application/merge-patch+json";
/** The kind of patch that merges lists by key; built-in kinds only. */
export const strategicMergePatch = "application/strategic-merge-patch+json";

const timeoutMs = 10_000;
const retryMs = 500;

/** A client of one cluster. */
export class KubeApi {
  readonly #access: ApiAccess;
  readonly #agent: Agent;

  constructor(access: ApiAccess) {
    this.#access = access;
    this.#agent = new Agent({ ca: access.ca, cert: access.crt, key: access.key, keepAlive: true });
  }

  /** One call. @throws ApiError for an answer that is no 2xx, Error when nobody answers */
  async call<T = LabObject>(
    method: string,
    path: string,
    body?: unknown,
    contentType = "application/json",
  ): Promise<T> {
    const text = body === undefined ? "" : JSON.stringify(body);
    // Without its length Node sends no body with a DELETE, and nobody complains.
    const headers =
      body === undefined ? {} : { "content-type": contentType, "content-length": Buffer.byteLength(text) };
    return new Promise((resolve, reject) => {
      const outgoing = request(
        new URL(path, this.#access.server),
        {
          method,
          agent: this.#agent,
          timeout: timeoutMs,
          headers,
        },
        (answer) => {
          let received = "";
          answer.setEncoding("utf8");
          answer.on("data", (part: string) => (received += part));
          answer.on("error", reject);
          answer.on("end", () => {
            const status = answer.statusCode ?? 0;
            if (status >= 200 && status < 300) resolve(JSON.parse(received) as T);
            else reject(new ApiError(status, messageOf(received)));
          });
        },
      );
      outgoing.on("timeout", () => outgoing.destroy(new Error("the Kubernetes API does not answer")));
      outgoing.on("error", reject);
      outgoing.end(text === "" ? undefined : text);
    });
  }

  /** Reads an object; undefined when it does not exist. */
  async find(path: string): Promise<LabObject | undefined> {
    try {
      return await this.call("GET", path);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** All objects of a collection path, e.g. `/api/v1/pods?labelSelector=…`. */
  async list(path: string): Promise<readonly LabObject[]> {
    return (await this.call<{ items: LabObject[] }>("GET", path)).items;
  }

  /**
   * Keeps a list up to date and calls `onChange` with all of it after each change, until `signal` aborts. Reconnects
   * and lists anew after every end of the stream.
   */
  async follow(
    path: string,
    signal: AbortSignal,
    onChange: (objects: readonly LabObject[]) => void,
  ): Promise<void> {
    while (!signal.aborted) {
      try {
        const { items, metadata } = await this.call<{
          items: LabObject[];
          metadata: { resourceVersion: string };
        }>("GET", path);
        const objects = new Map(items.map((item) => [keyOf(item), item]));
        onChange([...objects.values()]);
        await this.#watch(path, metadata.resourceVersion, signal, (type, object) => {
          if (type === "DELETED") objects.delete(keyOf(object));
          else objects.set(keyOf(object), object);
          onChange([...objects.values()]);
        });
      } catch {
        // Whatever it was (no API server yet, a restart, an expired version): list again.
      }
      await delay(retryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Ends kept-alive connections. */
  close(): void {
    this.#agent.destroy();
  }

  async #watch(
    path: string,
    resourceVersion: string,
    signal: AbortSignal,
    onEvent: (type: string, object: LabObject) => void,
  ): Promise<void> {
    const url = new URL(path, this.#access.server);
    url.searchParams.set("watch", "true");
    url.searchParams.set("resourceVersion", resourceVersion);
    return new Promise((resolve, reject) => {
      const outgoing = request(url, { agent: this.#agent, signal }, (answer) => {
        let rest = "";
        answer.setEncoding("utf8");
        answer.on("data", (part: string) => {
          const lines = (rest + part).split("\n");
          rest = lines.pop() ?? "";
          for (const line of lines) {
            const { type, object } = JSON.parse(line) as { type: string; object: LabObject };
            if (type === "ERROR") answer.destroy();
            else onEvent(type, object);
          }
        });
        answer.on("close", resolve);
        answer.on("error", reject);
      });
      outgoing.on("error", reject);
      outgoing.end();
    });
  }
}

function keyOf(object: LabObject): string {
  return `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}

function messageOf(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text;
  }
}
