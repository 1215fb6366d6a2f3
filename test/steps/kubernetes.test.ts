// The client against a small API server that answers as a real one does in its worse moments.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { Kubernetes } from "../../src/steps/kubernetes.ts";

interface Answer {
  readonly code: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object;
}

const refusal: Answer = {
  code: 429,
  headers: { "retry-after": "1" },
  body: { kind: "Status", message: "storage is (re)initializing", reason: "TooManyRequests", code: 429 },
};
const list: Answer = {
  code: 200,
  body: { kind: "NodeList", apiVersion: "v1", items: [{ metadata: { name: "k8s-1" } }] },
};

describe("the steps' Kubernetes client", () => {
  let server: Server;
  let answers: Answer[];
  let asked: number;
  let path: string;
  beforeEach(async () => {
    answers = [];
    asked = 0;
    server = createServer((request, response) => {
      const resources = [{ name: "nodes", kind: "Node", namespaced: false, verbs: ["list"] }];
      const isList = request.url?.startsWith("/api/v1/nodes") === true;
      if (isList) {
        asked += 1;
        path = request.url ?? "";
      }
      const answer = isList
        ? (answers.shift() ?? refusal)
        : { code: 200, body: { kind: "APIResourceList", groupVersion: "v1", resources } };
      response
        .writeHead(answer.code, { "content-type": "application/json", ...answer.headers })
        .end(JSON.stringify(answer.body));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const client = (signal?: AbortSignal): Kubernetes => {
    const { port } = server.address() as AddressInfo;
    return new Kubernetes(
      JSON.stringify({
        clusters: [
          {
            name: "c",
            cluster: { server: `http://127.0.0.1:${String(port)}`, "insecure-skip-tls-verify": true },
          },
        ],
        users: [{ name: "u", user: {} }],
        contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
        "current-context": "x",
      }),
      { signal },
    );
  };

  it("asks again when the API server says when to", async () => {
    answers = [refusal, list];
    const nodes = await client().list("v1", "Node");
    expect(nodes.map(({ kind, metadata }) => `${kind ?? ""} ${metadata?.name ?? ""}`)).toStrictEqual([
      "Node k8s-1",
    ]);
    expect(asked).toBe(2);
  });

  it("does not ask again when it is refused without a time", async () => {
    answers = [{ ...refusal, headers: {} }, list];
    await expect(client().list("v1", "Node")).rejects.toMatchObject({
      message: "Kubernetes API: storage is (re)initializing",
    });
    expect(asked).toBe(1);
  });

  it("stops asking when its step ends", async () => {
    answers = [{ ...refusal, headers: { "retry-after": "20" } }, list];
    const stop = new AbortController();
    const begun = Date.now();
    const nodes = client(stop.signal).list("v1", "Node");
    await once(server, "request");
    stop.abort(new Error("stopped by SIGINT"));
    await expect(nodes).rejects.toThrow();
    expect(Date.now() - begun).toBeLessThan(10_000);
    await expect(client(stop.signal).list("v1", "Node")).rejects.toThrow(/stopped by SIGINT/);
    expect(asked).toBeLessThanOrEqual(1);
  });

  it("asks for those that are wanted only", async () => {
    answers = [list];
    await client().list("v1", "Node", undefined, "spec.nodeName=k8s-4");
    expect(path).toBe("/api/v1/nodes?fieldSelector=spec.nodeName%3Dk8s-4");
  });

  it("passes on what else the API server says", async () => {
    answers = [{ code: 403, body: { kind: "Status", message: "nodes is forbidden", code: 403 } }];
    await expect(client().list("v1", "Node")).rejects.toMatchObject({
      message: "Kubernetes API: nodes is forbidden",
    });
  });
});
