import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { Kubernetes } from "../../src/steps/kubernetes.ts";

jest.setTimeout(10_000);

describe("a Kubernetes API that takes the connection and says nothing", () => {
  const open = new Set<Socket>();
  let server: Server;
  let kubeconfig: string;
  beforeAll(async () => {
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
  afterAll(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });

  it("is given up in time, whatever it is asked", async () => {
    const kubernetes = new Kubernetes(kubeconfig, { answerMs: 100 });
    const node = { apiVersion: "v1", kind: "Node", metadata: { name: "k8s-1" } };
    const gaveUp = /^Kubernetes API: no answer in time$/;
    await expect(kubernetes.version()).rejects.toThrow(gaveUp);
    await expect(kubernetes.list("v1", "Pod")).rejects.toThrow(gaveUp);
    await expect(kubernetes.read("v1", "Node", "k8s-1")).rejects.toThrow(gaveUp);
    await expect(kubernetes.change(node, { spec: {} })).rejects.toThrow(gaveUp);
    expect(await kubernetes.evict("default", "web")).toStrictEqual({
      reason: "Kubernetes API: no answer in time",
      retry: true,
    });
  });
});
