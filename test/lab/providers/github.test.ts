import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
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
    assert.equal(rest(), "https://api.github.com/");
    assert.equal(rest("https://github.com/"), "https://api.github.com/");
    assert.equal(rest("http://127.10.1.2:3080/"), "http://127.10.1.2:3080/api/v3/");
    assert.equal(rest("http://127.10.1.2:3080"), "http://127.10.1.2:3080/api/v3/");
    assert.throws(() => rest("http://github.com/"), /must use the https scheme/);
    assert.throws(() => rest("nonsense"), /is no URL/);
  });
  test("environment and JSON texts", () => {
    const settings = settingsOf(
      { owner: "home", writeDelayMs: "0", retryableErrors: "[503]", token: "" },
      { GITHUB_TOKEN: "from env", GITHUB_OWNER: "other" },
    );
    assert.deepEqual([settings.owner, settings.token, settings.writeDelayMs], ["home", "from env", 0]);
    assert.deepEqual([settings.retryableErrors, settings.maxRetries], [[503], 3]);
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

  before(async () => {
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
  after(() => void server.close());

  const configure = (more: Record<string, string> = {}): ReturnType<Plugin["configure"]> =>
    plugin.configure({ owner: "home", baseUrl: url, writeDelayMs: "0", retryDelayMs: "10", ...more });

  test("create, read, diff without comment, refresh by etag, delete", async () => {
    assert.equal((await configure()).acceptsecrets, false);
    const { inputs: checked } = await plugin.check(token, {
      key: inputs.key,
      title: inputs.title,
      repository: inputs.repository,
    });
    assert.equal(checked["readOnly"], true);
    const preview = await plugin.create(token, checked, { preview: true });
    assert.equal(preview.outputs["etag"], unknown);
    assert.equal(keys.size, 0);
    const { id, outputs } = await plugin.create(token, checked);
    assert.equal(id, "home-cluster:1");
    assert.deepEqual(outputs, { ...inputs, key: publicKey, etag: '"1"' });
    assert.deepEqual(await plugin.diff(token, outputs, checked), {
      changes: false,
      replaces: [],
      names: [],
      hasPaths: true,
      detailed: {},
    });
    assert.deepEqual((await plugin.diff(token, outputs, { ...checked, title: "other" })).replaces, ["title"]);
    assert.deepEqual((await plugin.diff(token, outputs, { ...checked, key: unknown })).replaces, ["key"]);
    const refreshed = await plugin.read(token, id, outputs, checked);
    assert.deepEqual(refreshed.outputs, outputs);
    await plugin.delete(token, id, outputs);
    assert.equal(keys.size, 0);
    assert.equal((await plugin.read(token, id, outputs, checked)).id, "");
    assert.deepEqual(requests.slice(0, 3), [
      "GET /api/v3/orgs/home",
      "POST /api/v3/repos/home/home-cluster/keys",
      "GET /api/v3/repos/home/home-cluster/keys/1",
    ]);
  });

  test("import by repository and number; other ids are refused", async () => {
    await configure();
    keys.set(7, { title: "t", key: publicKey, read_only: true });
    const found = await plugin.read(token, "home-cluster:7");
    assert.deepEqual(found.inputs, {
      key: publicKey,
      title: "t",
      readOnly: true,
      repository: "home-cluster",
    });
    await assert.rejects(plugin.read(token, "7"), /unexpected ID format \("7"\)\. Expected repository:ID/);
  });

  test("wrong token, missing repository, key in use: GitHub's own words", async () => {
    await configure();
    await plugin.create(token, inputs);
    await assert.rejects(plugin.create(token, inputs), (error: Error) => {
      assert.equal(
        error.message,
        `1 error occurred:\n\t* POST ${url}api/v3/repos/home/home-cluster/keys: 422 Validation Failed [{Resource:PublicKey Field:key Code:custom Message:key is already in use}]\n\n`,
      );
      return true;
    });
    await assert.rejects(
      plugin.create(token, { ...inputs, repository: "nope" }),
      /repos\/home\/nope\/keys: 404 Not Found \[\]/,
    );
    await configure({ token: "bad" });
    await assert.rejects(plugin.create(token, inputs), (error: Error) => {
      assert.match(error.message, /401 Bad credentials \[\]/);
      assert.doesNotMatch(error.message, /bad/);
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
    assert.equal((await plugin.create(token, inputs)).id, "home-cluster:1");
    answers = [broken, broken, broken, broken];
    await assert.rejects(plugin.delete(token, "home-cluster:1", inputs), /502 Server Error \[\]/);
    assert.equal(keys.size, 1);
  });

  test("without an owner the token's user is it; an unusable token shows at once", async () => {
    answers = [() => ({ status: 200, body: { login: "home" } })];
    await plugin.configure({ baseUrl: url, token: secret("good") });
    assert.equal((await plugin.create(token, inputs)).id, "home-cluster:1");
    await assert.rejects(
      plugin.configure({ baseUrl: url, token: "bad" }),
      /GET .*\/user: 401 Bad credentials/,
    );
  });

  test("unknown settings are named", async () => {
    assert.deepEqual(await plugin.checkConfig({ owner: "home", version: "6.15.0" }), []);
    assert.match(
      (await plugin.checkConfig({ onwer: "home" })).join(),
      /'onwer' is not a property of it; there are: owner/,
    );
  });
});
