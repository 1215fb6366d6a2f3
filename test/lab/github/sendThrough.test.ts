// A delivery on its way through the lab's Internet.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Send } from "../../../lab/github/deliveries.ts";
import { sendThrough } from "../../../lab/github/sendThrough.ts";
import { readBody } from "../../../lab/proxy/http.ts";
import { handOnTo } from "../../../lab/proxy/passOn.ts";
import { startProxy, type Proxy } from "../../../lab/proxy/proxy.ts";
import { freeNetwork } from "../freeNetwork.ts";

const address = (await freeNetwork()).address(2);
let root: string;
let proxy: Proxy;
let send: Send;
const log: string[] = [];
const received: { request: IncomingMessage; body: string }[] = [];
/** What a cluster's Receiver is: plain HTTP, behind what ends TLS. */
const receiver = createServer((request, response) => {
  void readBody(request).then((body) => {
    received.push({ request, body: body.toString() });
    response.writeHead(request.url === "/hook/abc" ? 200 : 404).end();
  });
});

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "lab-send-"));
  receiver.listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const target = `http://127.0.0.1:${String((receiver.address() as AddressInfo).port)}`;
  const routes = new Map([["flux-webhook.home.example", handOnTo(target)]]);
  proxy = await startProxy({
    address,
    port: 3128,
    root,
    routes: () => routes,
    log: (line) => log.push(line),
  });
  send = sendThrough({ address, port: 3128, root });
});
afterAll(async () => {
  await proxy.stop();
  receiver.closeAllConnections();
  receiver.close();
  await rm(root, { recursive: true });
});

const deliver = (url: string): Promise<number> =>
  send({
    url,
    headers: { "x-github-event": "push", "content-type": "application/json" },
    body: '{"ref":"refs/heads/main"}',
    insecureSsl: false,
    signal: AbortSignal.timeout(10_000),
  });

test("it arrives whole, over TLS that is checked, and its path is in no log", async () => {
  expect(await deliver("https://flux-webhook.home.example/hook/abc")).toBe(200);
  const [{ request, body } = assert.fail("nothing arrived")] = received;
  expect([
    request.method,
    request.url,
    request.headers.host,
    request.headers["x-github-event"],
    body,
  ]).toStrictEqual(["POST", "/hook/abc", "flux-webhook.home.example", "push", '{"ref":"refs/heads/main"}']);
  expect(log).toStrictEqual(["flux-webhook.home.example POST /hook/… 200"]);
});

test("the answer of the Receiver is the delivery's", async () => {
  expect(await deliver("https://flux-webhook.home.example/hook/other")).toBe(404);
});

test("a host that nobody serves, and no network at all, are errors", async () => {
  await expect(deliver("https://elsewhere.example/hook/abc")).rejects.toThrow();
  await proxy.setDown(true);
  await expect(deliver("https://flux-webhook.home.example/hook/abc")).rejects.toThrow();
  await proxy.setDown(false);
});
