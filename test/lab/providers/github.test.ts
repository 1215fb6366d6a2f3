import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { settingsOf } from "../../../lab/providers/github/settings.ts";
import { Plugin, secret, unknown } from "./harness.ts";

const token = "github:index/repositoryDeployKey:RepositoryDeployKey";
const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExample1";
const inputs = {
  key: `${publicKey} flux\n`,
  title: "home-ops lab",
  repository: "home-cluster",
  readOnly: true,
};

describe("the GitHub provider's settings", () => {
  test("base URLs", () => {
    const rest = (baseUrl?: string): string =>
      settingsOf(baseUrl === undefined ? {} : { baseUrl }, {}).restUrl;
    expect(rest()).toBe("https://api.github.com/");
    expect(rest("https://github.com/")).toBe("https://api.github.com/");
    expect(rest("http://127.10.1.2:3080/")).toBe("http://127.10.1.2:3080/api/v3/");
    expect(rest("http://127.10.1.2:3080")).toBe("http://127.10.1.2:3080/api/v3/");
    expect(() => rest("http://github.com/")).toThrow(/must use the https scheme/);
    expect(() => rest("nonsense")).toThrow(/is no URL/);
  });
  test("environment and JSON texts", () => {
    const settings = settingsOf(
      { owner: "home", writeDelayMs: "0", retryableErrors: "[503]", token: "" },
      { GITHUB_TOKEN: "from env", GITHUB_OWNER: "other" },
    );
    expect([settings.owner, settings.token, settings.writeDelayMs]).toStrictEqual(["home", "from env", 0]);
    expect([settings.retryableErrors, settings.maxRetries]).toStrictEqual([[503], 3]);
  });
});

describe("the github stand-in", () => {
  /** What a minimal GitHub answers; tests replace single answers. */
  let keys: Map<number, { title: string; key: string; read_only: boolean }>;
  let requests: string[];
  let answers: ((
    request: IncomingMessage,
  ) => { status: number; body?: unknown; headers?: Record<string, string> } | undefined)[];
  let server: Server;
  let plugin: Plugin;
  let url: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        requests.push(`${request.method} ${request.url}`);
        const reply = (status: number, body?: unknown, headers: Record<string, string> = {}): void => {
          response.writeHead(status, headers);
          response.end(body === undefined ? "" : JSON.stringify(body));
        };
        const special = answers.shift()?.(request);
        if (special) {
          reply(special.status, special.body, special.headers);
          return;
        }
        if (request.headers.authorization !== "Bearer good") {
          reply(401, { message: "Bad credentials" });
          return;
        }
        const found = /^\/api\/v3\/repos\/home\/home-cluster\/keys(?:\/(\d+))?$/.exec(request.url ?? "");
        if (!found) {
          reply(404, { message: "Not Found" });
          return;
        }
        if (request.method === "POST") {
          const key = JSON.parse(Buffer.concat(parts).toString()) as {
            title: string;
            key: string;
            read_only: boolean;
          };
          if ([...keys.values()].some((other) => key.key.startsWith(other.key))) {
            reply(422, {
              message: "Validation Failed",
              errors: [
                { resource: "PublicKey", code: "custom", field: "key", message: "key is already in use" },
              ],
            });
            return;
          }
          const id = keys.size + 1;
          // As GitHub: without the comment.
          keys.set(id, { ...key, key: key.key.split(" ").slice(0, 2).join(" ") });
          reply(201, { id, ...keys.get(id) });
          return;
        }
        const id = Number(found[1]);
        const key = keys.get(id);
        if (key === undefined) {
          reply(404, { message: "Not Found" });
          return;
        }
        if (request.method === "DELETE") {
          keys.delete(id);
          reply(204);
          return;
        }
        if (request.headers["if-none-match"] === '"1"') {
          reply(304);
          return;
        }
        reply(200, { id, ...key }, { etag: '"1"' });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  beforeEach(async () => {
    [keys, requests, answers] = [new Map(), [], []];
    plugin = await Plugin.start("github", { GITHUB_TOKEN: "good" });
  });
  afterEach(() => plugin.stop());
  afterAll(() => void server.close());

  const configure = (more: Record<string, string> = {}): ReturnType<Plugin["configure"]> =>
    plugin.configure({ owner: "home", baseUrl: url, writeDelayMs: "0", retryDelayMs: "10", ...more });

  test("create, read, diff without comment, refresh by etag, delete", async () => {
    expect((await configure()).acceptsecrets).toBe(false);
    const { inputs: checked } = await plugin.check(token, {
      key: inputs.key,
      title: inputs.title,
      repository: inputs.repository,
    });
    expect(checked["readOnly"]).toBe(true);
    const preview = await plugin.create(token, checked, { preview: true });
    expect(preview.outputs["etag"]).toBe(unknown);
    expect(keys.size).toBe(0);
    const { id, outputs } = await plugin.create(token, checked);
    expect(id).toBe("home-cluster:1");
    expect(outputs).toStrictEqual({ ...inputs, key: publicKey, etag: '"1"' });
    expect(await plugin.diff(token, outputs, checked)).toStrictEqual({
      changes: false,
      replaces: [],
      names: [],
      hasPaths: true,
      detailed: {},
    });
    expect((await plugin.diff(token, outputs, { ...checked, title: "other" })).replaces).toStrictEqual([
      "title",
    ]);
    expect((await plugin.diff(token, outputs, { ...checked, key: unknown })).replaces).toStrictEqual(["key"]);
    const refreshed = await plugin.read(token, id, outputs, checked);
    expect(refreshed.outputs).toStrictEqual(outputs);
    await plugin.delete(token, id, outputs);
    expect(keys.size).toBe(0);
    expect((await plugin.read(token, id, outputs, checked)).id).toBe("");
    expect(requests.slice(0, 3)).toStrictEqual([
      "GET /api/v3/orgs/home",
      "POST /api/v3/repos/home/home-cluster/keys",
      "GET /api/v3/repos/home/home-cluster/keys/1",
    ]);
  });

  test("import by repository and number; other ids are refused", async () => {
    await configure();
    keys.set(7, { title: "t", key: publicKey, read_only: true });
    const found = await plugin.read(token, "home-cluster:7");
    expect(found.inputs).toStrictEqual({
      key: publicKey,
      title: "t",
      readOnly: true,
      repository: "home-cluster",
    });
    await expect(plugin.read(token, "7")).rejects.toThrow(
      /unexpected ID format \("7"\)\. Expected repository:ID/,
    );
  });

  test("wrong token, missing repository, key in use: GitHub's own words", async () => {
    await configure();
    await plugin.create(token, inputs);
    await assert.rejects(plugin.create(token, inputs), (error: Error) => {
      expect(error.message).toBe(
        `1 error occurred:\n\t* POST ${url}api/v3/repos/home/home-cluster/keys: 422 Validation Failed [{Resource:PublicKey Field:key Code:custom Message:key is already in use}]\n\n`,
      );
      return true;
    });
    await expect(plugin.create(token, { ...inputs, repository: "nope" })).rejects.toThrow(
      /repos\/home\/nope\/keys: 404 Not Found \[\]/,
    );
    await configure({ token: "bad" });
    await assert.rejects(plugin.create(token, inputs), (error: Error) => {
      expect(error.message).toMatch(/401 Bad credentials \[\]/);
      expect(error.message).not.toMatch(/bad/);
      return true;
    });
  });

  test("server errors are tried three times more, limits are waited out", async () => {
    await configure();
    const broken = (): { status: number; body: unknown } => ({
      status: 502,
      body: { message: "Server Error" },
    });
    const limited = (): { status: number; headers: Record<string, string> } => ({
      status: 403,
      headers: { "retry-after": "0" },
    });
    answers = [broken, broken, broken, limited];
    expect((await plugin.create(token, inputs)).id).toBe("home-cluster:1");
    answers = [broken, broken, broken, broken];
    await expect(plugin.delete(token, "home-cluster:1", inputs)).rejects.toThrow(/502 Server Error \[\]/);
    expect(keys.size).toBe(1);
  });

  test("without an owner the token's user is it; an unusable token shows at once", async () => {
    answers = [() => ({ status: 200, body: { login: "home" } })];
    await plugin.configure({ baseUrl: url, token: secret("good") });
    expect((await plugin.create(token, inputs)).id).toBe("home-cluster:1");
    await expect(plugin.configure({ baseUrl: url, token: "bad" })).rejects.toThrow(
      /GET .*\/user: 401 Bad credentials/,
    );
  });

  test("unknown settings are named", async () => {
    expect(await plugin.checkConfig({ owner: "home", version: "6.15.0" })).toStrictEqual([]);
    expect((await plugin.checkConfig({ onwer: "home" })).join()).toMatch(
      /'onwer' is not a property of it; there are: owner/,
    );
  });
});
