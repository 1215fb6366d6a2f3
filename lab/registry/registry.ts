// The lab's OCI registry: the real `crane registry serve`, with a thin front before it that remembers manifests over a
// restart (see manifestJournal.ts) and can be switched to failing. Who pushes talks to it directly, by plain HTTP; the
// cluster's programs read it as ghcr.io through the proxy.
import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startProcess, type ManagedProcess } from "../processes.ts";
import { httpServer, readBody, sendJson } from "../proxy/http.ts";
import { listen } from "../proxy/listener.ts";
import { openManifestJournal } from "./manifestJournal.ts";

/** What {@link startRegistry} needs. */
export interface RegistryOptions {
  /** Path of the program crane. */
  readonly crane: string;
  readonly address: string;
  /** Port of the registry; crane itself takes the next one. */
  readonly port: number;
  /** Folder of blobs and manifests. */
  readonly root: string;
  /** Log of crane. */
  readonly logFile: string;
  readonly log: (line: string) => void;
}

/** What can be wrong: `down` answers 503 to everything. */
export type RegistryFault = "down";

/** A running registry. */
export interface Registry {
  stop(): Promise<void>;
  setFault(fault: RegistryFault, on: boolean): void;
  /** Slow link: milliseconds added to every piece of data. 0 = none. */
  setLatency(milliseconds: number): void;
  /** Host and port for image references, e.g. `127.10.1.2:5000`. */
  readonly host: string;
  /**
   * Passes a request on as it is, with another path. For the proxy.
   * @param path path and query at the registry, e.g. `/v2/ghcr.io/fluxcd/flux-manifests/tags/list`
   */
  forward(request: IncomingMessage, response: ServerResponse, path: string): Promise<void>;
  /** Whether anything was ever pushed to a repository. */
  hasRepository(repository: string): Promise<boolean>;
}

const startTimeoutMs = 10_000;
const restartPauseMs = 1_000;

/** Starts it; everything that was pushed before is there again. */
export async function startRegistry(options: RegistryOptions): Promise<Registry> {
  const { address, port, root, log } = options;
  const backend = { host: address, port: port + 1 };
  const journal = openManifestJournal(join(root, "manifests"));
  let failing = false;
  let stopping = false;
  let crane: ManagedProcess;

  const startCrane = async (): Promise<ManagedProcess> => {
    // crane does not make it.
    await mkdir(join(root, "blobs"), { recursive: true });
    const started = await startProcess({
      name: "registry",
      command: options.crane,
      args: [
        "registry",
        "serve",
        "--address",
        `${address}:${String(backend.port)}`,
        "--disk",
        join(root, "blobs"),
      ],
      logFile: options.logFile,
      ready: async () => (await ask(backend, "GET", "/v2/")).status === 200,
      readyTimeoutMs: startTimeoutMs,
    });
    for (const { repository, reference, contentType, base64 } of await journal.readAll()) {
      const path = `/v2/${repository}/manifests/${reference}`;
      const { status } = await ask(backend, "PUT", path, contentType, Buffer.from(base64, "base64"));
      if (status !== 201) log(`could not put ${repository}@${reference} back: ${String(status)}`);
    }
    return started;
  };
  // A killed crane comes back with what it forgot: that is why startProcess does not restart it by itself.
  const keepRunning = async (): Promise<void> => {
    while (!stopping) {
      await crane.exited;
      if (stopping) return;
      log("crane ended; it is started again");
      crane = await startCrane().catch(async (error: unknown) => {
        log(`crane does not start: ${String(error)}`);
        await delay(restartPauseMs);
        return crane;
      });
    }
  };
  const forward = async (request: IncomingMessage, response: ServerResponse, path: string): Promise<void> => {
    if (failing) {
      sendJson(response, 503, { errors: [{ code: "UNAVAILABLE", message: "service unavailable" }] });
      return;
    }
    const [, repository, reference] = /^\/v2\/(.+)\/manifests\/([^/?]+)/.exec(decodeURIComponent(path)) ?? [];
    const isManifest = repository !== undefined && reference !== undefined;
    // Only a manifest is read whole; layers flow through.
    const body = isManifest && request.method === "PUT" ? await readBody(request) : undefined;
    const status = await pass(backend, request, response, path, body);
    if (isManifest && body !== undefined && status === 201) {
      const contentType = request.headers["content-type"] ?? "application/vnd.oci.image.manifest.v1+json";
      await journal.write({ repository, reference, contentType, base64: body.toString("base64") });
    }
    if (isManifest && request.method === "DELETE" && status === 202)
      await journal.remove(repository, reference);
    log(`${request.method ?? ""} ${path} ${String(status)}`);
  };

  crane = await startCrane();
  void keepRunning();
  const server = httpServer((request, response) => forward(request, response, request.url ?? "/"), log);
  const listener = await listen({
    name: "registry",
    address,
    port,
    onConnection: (socket) => void server.emit("connection", socket),
  }).catch(async (error: unknown) => {
    stopping = true;
    await crane.stop();
    throw error;
  });
  return {
    host: `${address}:${String(port)}`,
    forward,
    hasRepository: async (repository) =>
      (await ask(backend, "GET", `/v2/${repository}/tags/list`)).status === 200,
    stop: async () => {
      stopping = true;
      await listener.stop();
      await crane.stop();
    },
    setFault: (_fault, on) => {
      log(`fault down ${on ? "on" : "off"}`);
      failing = on;
    },
    setLatency: (milliseconds) => {
      listener.setLatency(milliseconds);
    },
  };
}

interface Backend {
  readonly host: string;
  readonly port: number;
}

/** One small request. A registry that does not answer is status 0. */
function ask(
  backend: Backend,
  method: string,
  path: string,
  contentType?: string,
  body?: Buffer,
): Promise<{ status: number }> {
  return new Promise((resolve) => {
    const headers = contentType === undefined ? {} : { "content-type": contentType };
    const request = httpRequest({ ...backend, method, path, headers, timeout: 5000 }, (answer) => {
      answer.resume();
      resolve({ status: answer.statusCode ?? 0 });
    });
    request.on("error", () => {
      resolve({ status: 0 });
    });
    request.end(body);
  });
}

/** Passes a request to crane and its answer back. Resolves with the answer's status when all of it is sent. */
function pass(
  backend: Backend,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  body: Buffer | undefined,
): Promise<number> {
  return new Promise((resolve) => {
    const { connection: _connection, authorization: _authorization, ...headers } = request.headers;
    const onward = httpRequest({ ...backend, method: request.method ?? "GET", path, headers }, (answer) => {
      const status = answer.statusCode ?? 502;
      response.writeHead(status, answer.headers);
      answer.pipe(response);
      answer.once("close", () => {
        resolve(status);
      });
    });
    onward.on("error", (error) => {
      if (!response.headersSent)
        sendJson(response, 502, { errors: [{ code: "UNAVAILABLE", message: error.message }] });
      resolve(502);
    });
    if (body === undefined) request.pipe(onward);
    else onward.end(body);
  });
}
