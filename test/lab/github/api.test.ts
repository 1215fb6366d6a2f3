// The lab's GitHub answers as GitHub does. Expected texts are those of api.github.com.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { ensureKeyPair } from "../../../lab/git/keys.ts";
import { startGithub, type Github } from "../../../lab/github/api.ts";
import type { Delivery } from "../../../lab/github/deliveries.ts";
import { openGithubStore } from "../../../lab/github/store.ts";
import { freeNetwork } from "../freeNetwork.ts";

let root: string;
let github: Github;
let deliveries: Delivery[];
let log: string[];
let publicKey: string;
const token = "github_pat_right";
const address = (await freeNetwork()).address(2);

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "lab-github-"));
  publicKey = (await ensureKeyPair(join(root, "key"), "comment")).publicKey;
  [deliveries, log] = [[], []];
  github = await start();
});
afterEach(async () => {
  await github.stop();
  await rm(root, { recursive: true });
});

function start(): Promise<Github> {
  return startGithub({
    address,
    port: 3080,
    token,
    login: "home",
    store: openGithubStore(join(root, "github.json")),
    repositories: { exists: (_owner, name) => name === "home-cluster", sshUrl: () => "ssh://git@host/x.git" },
    organizations: ["some-org"],
    statusToken: "github_pat_status",
    send: (delivery) => {
      deliveries.push(delivery);
      return Promise.resolve(delivery.url.includes("broken") ? 500 : 200);
    },
    log: (line) => log.push(line),
  });
}

type Json = Record<string, unknown>;
async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(new URL(`api/v3/${path}`, github.baseUrl), {
    method,
    headers: { authorization: `Bearer ${token}`, "user-agent": "test", ...headers },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: (text === "" ? undefined : JSON.parse(text)) as Json & { message: string },
  };
}
const keysPath = "repos/home/home-cluster/keys";
const addKey = () => ask("POST", keysPath, { title: "home-ops lab", key: `${publicKey}\n`, read_only: true });

test("owner, user and repository", async () => {
  assert.equal((await ask("GET", "orgs/home")).status, 404);
  assert.equal((await ask("GET", "orgs/some-org")).body["login"], "some-org");
  assert.equal((await ask("GET", "user")).body["login"], "home");
  const { status, body } = await ask("GET", "repos/home/home-cluster");
  assert.equal(status, 200);
  assert.equal((body["permissions"] as Json)["admin"], true);
  assert.equal(body["default_branch"], "main");
});

test("a deploy key is added, read, listed, kept over a restart, and removed", async () => {
  const added = await addKey();
  assert.equal(added.status, 201);
  assert.equal(added.body["key"], publicKey.split(" ").slice(0, 2).join(" "));
  assert.equal(added.body["read_only"], true);
  const path = `${keysPath}/${String(added.body["id"])}`;
  await github.stop();
  github = await start();
  assert.deepEqual((await ask("GET", path)).body, added.body);
  assert.deepEqual((await ask("GET", keysPath)).body, [added.body]);
  assert.equal((await ask("DELETE", path)).status, 204);
  assert.equal((await ask("DELETE", path)).status, 404);
  assert.deepEqual((await ask("GET", keysPath)).body, []);
});

test("a key without read_only may write", async () => {
  assert.equal((await ask("POST", keysPath, { title: "t", key: publicKey })).body["read_only"], false);
});

test("the same key twice, and no key at all, are 422", async () => {
  await addKey();
  const again = await addKey();
  assert.equal(again.status, 422);
  assert.equal(again.body.message, "Validation Failed");
  assert.deepEqual(again.body["errors"], [
    { resource: "PublicKey", code: "custom", field: "key", message: "key is already in use" },
  ]);
  const bad = await ask("POST", keysPath, { title: "t", key: "ssh-ed25519 nonsense", read_only: true });
  assert.equal(bad.status, 422);
  assert.match(
    JSON.stringify(bad.body),
    /key is invalid\. You must supply a key in OpenSSH public key format/,
  );
});

test("wrong token, missing repository, no permission", async () => {
  const wrong = await ask("GET", "user", undefined, { authorization: "token wrong" });
  assert.equal(wrong.status, 401);
  assert.equal(wrong.body.message, "Bad credentials");
  assert.equal((await ask("POST", "repos/home/missing/keys", { title: "t", key: publicKey })).status, 404);
  await github.setFault("no-administration", true);
  const refused = await addKey();
  assert.equal(refused.status, 403);
  assert.equal(refused.body.message, "Resource not accessible by personal access token");
  assert.match(String(refused.body["documentation_url"]), /create-a-deploy-key$/);
  assert.equal((await ask("GET", "repos/home/home-cluster")).status, 200);
});

test("faults: 5xx, 401, rate limit, down", async () => {
  await github.setFault("5xx", true);
  assert.equal((await ask("GET", "user")).status, 503);
  await github.setFault("5xx", false);
  await github.setFault("401", true);
  assert.equal((await ask("GET", "user")).status, 401);
  await github.setFault("401", false);
  await github.setFault("rate-limit", true);
  const limited = await ask("GET", "user");
  assert.equal(limited.status, 403);
  assert.equal(limited.headers.get("x-ratelimit-remaining"), "0");
  assert.match(limited.body.message, /^API rate limit exceeded/);
  await github.setFault("rate-limit", false);
  await github.setFault("down", true);
  await assert.rejects(ask("GET", "user"));
  await github.setFault("down", false);
  assert.equal((await ask("GET", "user")).status, 200);
});

test("lists come in pages", async () => {
  for (let i = 0; i < 3; i++) {
    const { publicKey: key } = await ensureKeyPair(join(root, `key-${String(i)}`), "");
    await ask("POST", keysPath, { title: String(i), key, read_only: true });
  }
  const first = await ask("GET", `${keysPath}?per_page=2`);
  assert.equal((first.body as unknown as unknown[]).length, 2);
  assert.match(first.headers.get("link") ?? "", /page=2>; rel="next", .*page=2>; rel="last"/);
  const second = await ask("GET", `${keysPath}?per_page=2&page=2`);
  assert.equal((second.body as unknown as unknown[]).length, 1);
});

test("an unchanged object is 304", async () => {
  const first = await ask("GET", "repos/home/home-cluster");
  const again = await ask("GET", "repos/home/home-cluster", undefined, {
    "if-none-match": first.headers.get("etag") ?? "",
  });
  assert.equal(again.status, 304);
});

test("answers without the Enterprise prefix too, as api.github.com", async () => {
  const response = await fetch(new URL("user", github.baseUrl), {
    headers: { authorization: `token ${token}` },
  });
  assert.equal(response.status, 200);
  assert.match(response.headers.get("x-github-request-id") ?? "", /^[0-9A-F]{4}:/);
});

const hooksPath = "repos/home/home-cluster/hooks";
const hookUrl = "https://flux-webhook.home.example/hook/abc";
const config = { url: hookUrl, content_type: "json", secret: "s3cret", insecure_ssl: "0" };
const addHook = (change: object = {}, settings: object = {}) =>
  ask("POST", hooksPath, {
    name: "web",
    events: ["push"],
    active: true,
    config: { ...config, ...change },
    ...settings,
  });

test("a webhook is added, read, listed, changed, kept in its file, and removed; its secret is never shown", async () => {
  const added = await addHook();
  assert.equal(added.status, 201);
  assert.deepEqual(added.body["config"], { ...config, secret: "********" });
  assert.deepEqual([added.body["active"], added.body["events"], added.body["name"]], [true, ["push"], "web"]);
  const path = `${hooksPath}/${String(added.body["id"])}`;
  assert.equal(added.body["url"], `${github.baseUrl}api/v3/${path}`);
  const changed = await ask("PATCH", path, { active: false });
  assert.deepEqual([changed.status, changed.body["active"]], [200, false]);
  assert.deepEqual(changed.body["config"], added.body["config"]);
  // A change of the config is a new config, as GitHub's documentation warns.
  const without = await ask("PATCH", path, { config: { url: hookUrl } });
  assert.deepEqual(without.body["config"], { url: hookUrl, content_type: "form", insecure_ssl: "0" });
  assert.deepEqual((await ask("GET", hooksPath)).body, [(await ask("GET", path)).body]);
  const kept = openGithubStore(join(root, "github.json")).webhooks();
  assert.deepEqual(
    kept.map(({ id, url }) => [id, url]),
    [[added.body["id"], hookUrl]],
  );
  assert.equal((await ask("DELETE", path)).status, 204);
  for (const method of ["GET", "PATCH", "DELETE"])
    assert.equal((await ask(method, path, method === "PATCH" ? {} : undefined)).status, 404);
});

test("what GitHub does not take of a webhook is 422", async () => {
  const errors = async (change: object, settings: object = {}) => {
    const { status, body } = await addHook(change, settings);
    assert.deepEqual([status, body.message], [422, "Validation Failed"]);
    assert.match(String(body["documentation_url"]), /create-a-repository-webhook$/);
    return body["errors"];
  };
  const custom = { resource: "Hook", code: "custom" };
  await addHook();
  assert.deepEqual(await errors({ secret: "another" }), [
    { ...custom, message: "Hook already exists on this repository" },
  ]);
  assert.deepEqual(await errors({ url: undefined }), [
    { ...custom, message: "Config must contain URL for webhooks" },
  ]);
  assert.deepEqual(await errors({ url: "flux-webhook.home.example" }), [
    { ...custom, field: "url", message: "url is missing a scheme" },
  ]);
  assert.deepEqual(await errors({ url: "http://127.0.0.1:9292/hook/abc" }), [
    {
      ...custom,
      field: "url",
      message: "url is not supported because it isn't reachable over the public Internet (127.0.0.1)",
    },
  ]);
  assert.deepEqual(await errors({ url: "https://other.example" }, { events: ["pushed"] }), [
    { ...custom, field: "events", message: "These events are not allowed for this hook: pushed" },
  ]);
  assert.deepEqual(await errors({ url: "https://other.example" }, { name: "github" }), [
    { resource: "Hook", code: "invalid", field: "name" },
  ]);
});

test("a token without the right to webhooks is refused, and nobody without a token sees any", async () => {
  await github.setFault("no-webhooks", true);
  const refused = await addHook();
  assert.equal(refused.status, 403);
  assert.equal(refused.body.message, "Resource not accessible by personal access token");
  assert.equal(refused.headers.get("x-accepted-github-permissions"), "repository_hooks=write");
  assert.equal((await addKey()).status, 201);
  assert.equal((await fetch(new URL(`api/v3/${hooksPath}`, github.baseUrl))).status, 404);
});

test("a webhook is told of pushes to its repository, signed as GitHub signs them", async () => {
  const { body: hook } = await addHook();
  await addHook({ url: "https://other.example/", secret: undefined }, { active: false });
  const push = { owner: "home", repository: "home-cluster", ref: "refs/heads/main" };
  github.pushed({ ...push, before: "a".repeat(40), after: "b".repeat(40) });
  github.pushed({ ...push, repository: "another", before: "a".repeat(40), after: "b".repeat(40) });
  const [ping, pushed, ...more] = deliveries;
  assert.deepEqual(more, []);
  assert.equal(ping?.headers["x-github-event"], "ping");
  assert.equal((JSON.parse(ping.body) as Json)["hook_id"], hook["id"]);
  assert.ok(!ping.body.includes("s3cret"));
  assert.equal(pushed?.url, hookUrl);
  const digest = createHmac("sha256", "s3cret").update(pushed.body).digest("hex");
  assert.equal(pushed.headers["x-hub-signature-256"], `sha256=${digest}`);
  assert.equal(pushed.headers["content-type"], "application/json");
  assert.match(pushed.headers["x-github-delivery"] ?? "", /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.match(pushed.headers["user-agent"] ?? "", /^GitHub-Hookshot\//);
  const body = JSON.parse(pushed.body) as Json & { repository: Json };
  assert.deepEqual(
    [body["ref"], body["before"], body["after"], body["created"], body.repository["full_name"]],
    ["refs/heads/main", "a".repeat(40), "b".repeat(40), false, "home/home-cluster"],
  );
});

test("how the last delivery went is shown, and no log names a webhook's URL", async () => {
  const added = await addHook({ url: "https://broken.example/hook/abc" });
  const path = `${hooksPath}/${String(added.body["id"])}`;
  assert.deepEqual((await ask("GET", path)).body["last_response"], {
    code: 500,
    status: "misconfigured",
    message: "Invalid HTTP Response: 500",
  });
  assert.ok(log.some((line) => /^delivery \S+ of ping to webhook \d+: HTTP 500$/.test(line)));
  assert.ok(!log.some((line) => line.includes("hook/abc")));
});

test("statuses of commits: written with a token for nothing else, listed from the newest", async () => {
  const status = (sha: string, state: string, authorization = "Bearer github_pat_status") =>
    ask(
      "POST",
      `repos/home/home-cluster/statuses/${sha}`,
      { state, context: "kustomization/cluster/1", description: "reconciliation succeeded" },
      { authorization },
    );
  const sha = "c".repeat(40);
  assert.equal((await status(sha, "failure")).status, 201);
  assert.equal((await status(sha, "success")).status, 201);
  const { body } = await ask("GET", `repos/home/home-cluster/commits/${sha}/statuses`, undefined, {
    authorization: "Bearer github_pat_status",
  });
  assert.deepEqual(
    (body as unknown as Json[]).map(({ state, context }) => [state, context]),
    [
      ["success", "kustomization/cluster/1"],
      ["failure", "kustomization/cluster/1"],
    ],
  );
  assert.equal((await status("d".repeat(64), "success")).status, 422);
  assert.equal((await status(sha, "fine")).status, 422);
  assert.equal((await status(sha, "success", `Bearer ${token}`)).status, 403);
  const other = { authorization: "Bearer github_pat_status" };
  assert.equal((await ask("GET", hooksPath, undefined, other)).status, 403);
  assert.equal((await ask("GET", keysPath, undefined, other)).status, 403);
});
