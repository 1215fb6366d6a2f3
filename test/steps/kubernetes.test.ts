import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { Kubernetes } from "../../src/steps/kubernetes.ts";

describe("a Kubernetes API that takes the connection and says nothing", { timeout: 10_000 }, () => {
  const open = new Set<Socket>();
  let server: Server;
  let kubeconfig: string;
  before(async () => {
    server = createServer((socket) => {
      open.add(socket.on("error", () => undefined));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    kubeconfig = JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "home",
      clusters: [{ name: "home", cluster: { server: `https://127.0.0.1:${String(port)}` } }],
      contexts: [{ name: "home", context: { cluster: "home", user: "admin" } }],
      users: [{ name: "admin", user: {} }],
    });
  });
  after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });

  it("is given up in time, whatever it is asked", async () => {
    const kubernetes = new Kubernetes(kubeconfig, 100);
    const gaveUp = /^Error: Kubernetes API: no answer in time$/;
    await assert.rejects(kubernetes.version(), gaveUp);
    await assert.rejects(kubernetes.list("v1", "Pod"), gaveUp);
    await assert.rejects(kubernetes.read("v1", "Node", "k8s-1"), gaveUp);
    await assert.rejects(kubernetes.mergePatch("v1", "Node", "k8s-1", { spec: {} }), gaveUp);
    assert.deepEqual(await kubernetes.evict("default", "web"), {
      reason: "Kubernetes API: no answer in time",
      retry: true,
    });
  });
});

describe("a Kubernetes API that is busy", { timeout: 10_000 }, () => {
  const busy = { kind: "Status", message: "storage is (re)initializing" };
  const pods = { kind: "Pod", name: "pods", singularName: "pod", namespaced: true, verbs: ["list"] };
  let refusals: number;
  let asked: string[];
  const server = createHttpServer((request, response) => {
    asked.push(`${request.method ?? ""} ${request.url ?? ""}`);
    const isList = request.url === "/api/v1/pods";
    const refuse = isList && refusals-- > 0;
    response.writeHead(refuse ? 429 : 200, { "content-type": "application/json", "retry-after": "0" });
    response.end(JSON.stringify(refuse ? busy : isList ? { items: [] } : { resources: [pods] }));
  });
  let kubernetes: Kubernetes;
  before(async () => {
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    kubernetes = new Kubernetes(
      JSON.stringify({
        "current-context": "home",
        clusters: [
          {
            name: "home",
            cluster: { "insecure-skip-tls-verify": true, server: `http://127.0.0.1:${String(port)}` },
          },
        ],
        contexts: [{ name: "home", context: { cluster: "home", user: "admin" } }],
        users: [{ name: "admin", user: {} }],
      }),
    );
  });
  after(() => {
    server.close();
  });

  it("is asked again when it said so", async () => {
    refusals = 2;
    asked = [];
    assert.deepEqual(await kubernetes.list("v1", "Pod"), []);
    assert.deepEqual(
      asked.filter((line) => line.endsWith("/pods")),
      Array.from({ length: 3 }, () => "GET /api/v1/pods"),
    );
  });
});
