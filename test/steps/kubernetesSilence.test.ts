import assert from "node:assert/strict";
import { once } from "node:events";
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
    const node = { apiVersion: "v1", kind: "Node", metadata: { name: "k8s-1" } };
    const gaveUp = /^Error: Kubernetes API: no answer in time$/;
    await assert.rejects(kubernetes.version(), gaveUp);
    await assert.rejects(kubernetes.list("v1", "Pod"), gaveUp);
    await assert.rejects(kubernetes.read("v1", "Node", "k8s-1"), gaveUp);
    await assert.rejects(kubernetes.change(node, { spec: {} }), gaveUp);
    assert.deepEqual(await kubernetes.evict("default", "web"), {
      reason: "Kubernetes API: no answer in time",
      retry: true,
    });
  });
});
