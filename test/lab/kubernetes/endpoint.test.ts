// The cluster's endpoint, with targets that are plain servers.
import { connect, createServer, type Socket } from "node:net";
import { once } from "node:events";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { startForwarder, type Forwarder, type Target } from "../../../lab/kubernetes/endpoint.ts";
import { freeNetwork } from "../freeNetwork.ts";

const port = 6443;

describe("the cluster's endpoint", () => {
  let endpoint: string;
  let target: Target;
  let living: Target[];
  let forwarder: Forwarder;
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => undefined);
    socket.write("hello");
  });

  beforeAll(async () => {
    const { address } = await freeNetwork();
    endpoint = address(10);
    target = { address: address(11), port };
    server.listen(port, target.address);
    await once(server, "listening");
  });
  afterAll(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  beforeEach(async () => {
    living = [];
    forwarder = await startForwarder({ address: endpoint, port, targets: () => living });
  });
  afterEach(async () => {
    await forwarder.stop();
  });

  /** What a connection says first: data, or how it failed. */
  async function first(): Promise<string> {
    const socket = connect(port, endpoint);
    return new Promise((resolve) => {
      socket.once("data", (data) => {
        resolve(data.toString());
        socket.destroy();
      });
      socket.once("error", (error: NodeJS.ErrnoException) => {
        resolve(error.code ?? "");
      });
      socket.once("close", () => {
        resolve("closed");
      });
    });
  }

  it("refuses connections while nobody serves, before the first one and after the last", async () => {
    expect(await first()).toBe("ECONNREFUSED");
    living = [target];
    await forwarder.follow();
    expect(await first()).toBe("hello");
    living = [];
    await forwarder.follow();
    expect(await first()).toBe("ECONNREFUSED");
    living = [target];
    await forwarder.follow();
    expect(await first()).toBe("hello");
  });

  it("cuts what leads to one that has gone", async () => {
    living = [target];
    await forwarder.follow();
    const socket = connect(port, endpoint);
    await once(socket, "data");
    const closed = once(socket, "close");
    living = [];
    await forwarder.follow();
    await closed;
  });

  it("is as its targets are at last, however quickly they change", async () => {
    const changes = [[target], [], [target], []].map((now) => {
      living = now;
      return forwarder.follow();
    });
    await Promise.all(changes);
    expect(await first()).toBe("ECONNREFUSED");
  });
});
