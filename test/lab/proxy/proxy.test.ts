// The proxy as programs see it: curl for what Go and C programs do, Node's own fetch for Node programs.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { connect as tlsConnect } from "node:tls";
import { layoutOf } from "../../../lab/layout.ts";
import { proxyEnvironment } from "../../../lab/proxy/environment.ts";
import { sendText } from "../../../lab/proxy/http.ts";
import { startProxy, type Proxy } from "../../../lab/proxy/proxy.ts";
import { freeNetwork } from "../freeNetwork.ts";

const { slot, address: addressOf } = await freeNetwork();
const address = addressOf(2);
let root: string;
let proxy: Proxy;
const start = () =>
  startProxy({
    address,
    port: 3128,
    root,
    routes: () =>
      new Map([
        ["charts.example.org", (request, response) => sendText(response, 200, `charts ${request.url ?? ""}`)],
        ["ghcr.io", (_request, response) => sendText(response, 200, "ghcr")],
      ]),
    log: () => undefined,
  });

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "lab-proxy-"));
  proxy = await start();
});
afterAll(async () => {
  await proxy.stop();
  await rm(root, { recursive: true });
});

/** Opens a CONNECT tunnel: its status line, and what a GET through TLS with the lab's authority answers. */
async function get(
  host: string,
  path: string,
): Promise<{ status: string; text: string; protocol?: string | false | null }> {
  const ca = await readFile(proxy.certificateFile);
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: address, port: 3128, method: "CONNECT", path: `${host}:443` });
    request.on("error", reject);
    request.once("connect", (answer, socket) => {
      const status = `${String(answer.statusCode)} ${answer.statusMessage ?? ""}`;
      if (answer.statusCode !== 200) {
        socket.destroy();
        resolve({ status, text: "" });
        return;
      }
      const secure = tlsConnect({ socket, servername: host, ca, ALPNProtocols: ["h2", "http/1.1"] });
      secure.on("error", reject);
      let text = "";
      secure.on("data", (data: Buffer) => (text += data.toString()));
      secure.once("end", () => {
        resolve({ status, text, protocol: secure.alpnProtocol });
      });
      secure.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    });
    request.end();
  });
}

test("a listed host is answered over TLS by its own handler", async () => {
  const answer = await get("charts.example.org", "/index.yaml");
  expect(answer.text).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*charts \/index\.yaml$/);
  expect(answer.protocol).toBe("http/1.1");
  expect((await get("ghcr.io", "/v2/")).text).toMatch(/ghcr$/);
});

test("another host is refused with its name and the list", async () => {
  expect((await get("example.com", "/")).status).toBe(
    "403 lab: example.com is not served; it serves: charts.example.org, ghcr.io",
  );
});

test("plain http goes to the same handlers; unlisted hosts are refused", async () => {
  const viaProxy = (url: string): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const request = httpRequest({ host: address, port: 3128, path: url, agent: false }, (answer) => {
        let text = "";
        answer.on("data", (data: Buffer) => (text += data.toString()));
        answer.once("end", () => {
          resolve({ status: answer.statusCode ?? 0, text });
        });
      });
      request.on("error", reject);
      request.end();
    });
  expect(await viaProxy("http://charts.example.org/a?b=c")).toStrictEqual({
    status: 200,
    text: "charts /a?b=c",
  });
  const refused = await viaProxy("http://example.com/");
  expect(refused.status).toBe(403);
  expect(refused.text).toMatch(/^lab: example\.com is not served/);
});

test("loopback is reached through it", async () => {
  const server = createServer((_request, response) => response.end("here"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const text = await new Promise<string>((resolve, reject) => {
    const request = httpRequest({
      host: address,
      port: 3128,
      method: "CONNECT",
      path: `127.0.0.1:${String(port)}`,
    });
    request.on("error", reject);
    request.once("connect", (_answer, socket) => {
      let got = "";
      socket.on("data", (data: Buffer) => (got += data.toString()));
      socket.once("end", () => {
        resolve(got);
      });
      socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    });
    request.end();
  });
  expect(text).toMatch(/here$/);
  server.close();
});

test("faults: a host answers 503, the network is gone, the link is slow", async () => {
  proxy.setHostDown("ghcr.io", true);
  expect((await get("ghcr.io", "/v2/")).text).toMatch(/^HTTP\/1\.1 503/);
  expect((await get("charts.example.org", "/")).text).toMatch(/^HTTP\/1\.1 200/);
  proxy.setHostDown("ghcr.io", false);
  await proxy.setDown(true);
  await expect(get("ghcr.io", "/")).rejects.toThrow(/ECONNREFUSED/);
  await proxy.setDown(false);
  proxy.setLatency(20);
  const started = performance.now();
  expect((await get("ghcr.io", "/v2/")).text).toMatch(/ghcr$/);
  expect(performance.now() - started).toBeGreaterThan(100);
  proxy.setLatency(0);
});

test("Node's own fetch uses it by environment alone, and leaves the lab's addresses alone", async () => {
  const {
    HTTPS_PROXY: _https,
    HTTP_PROXY: _http,
    ...rest
  } = proxyEnvironment(layoutOf(root, "x", "lab", slot));
  const server = createServer((_request, response) => response.end("direct"));
  await new Promise<void>((resolve) => server.listen(0, addressOf(77), resolve));
  const url = `http://${addressOf(77)}:${String((server.address() as AddressInfo).port)}/`;
  const program = `const t = async (u) => (await fetch(u)).text();
    console.log(await t("https://charts.example.org/x"), await t(process.argv[1]));`;
  const environment = {
    ...rest,
    NODE_EXTRA_CA_CERTS: proxy.certificateFile,
    HTTPS_PROXY: proxy.url,
    HTTP_PROXY: proxy.url,
  };
  const output = await new Promise<string>((resolve, reject) => {
    execFile(
      process.execPath,
      ["--input-type=module", "-e", program, url],
      { env: environment },
      (error, out) => {
        if (error === null) resolve(out);
        else reject(new Error(error.message));
      },
    );
  });
  expect(output.trim()).toBe("charts /x direct");
  server.close();
});

test("the authority is made once; its key is for the owner only; the bundle holds the system's and the lab's", async () => {
  const before = await readFile(proxy.certificateFile, "utf8");
  await proxy.stop();
  proxy = await start();
  expect(await readFile(proxy.certificateFile, "utf8")).toBe(before);
  expect((await stat(join(root, "ca.key"))).mode & 0o777).toBe(0o600);
  const bundle = await readFile(proxy.bundleFile, "utf8");
  expect(bundle).toContain(before.trim());
  expect(bundle.split("BEGIN CERTIFICATE").length).toBeGreaterThan(10);
});
