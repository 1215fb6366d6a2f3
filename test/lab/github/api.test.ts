// The lab's GitHub answers as GitHub does. Expected texts are those of api.github.com.
import { createHmac } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
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
  expect((await ask("GET", "orgs/home")).status).toBe(404);
  expect((await ask("GET", "orgs/some-org")).body["login"]).toBe("some-org");
  expect((await ask("GET", "user")).body["login"]).toBe("home");
  const { status, body } = await ask("GET", "repos/home/home-cluster");
  expect(status).toBe(200);
  expect((body["permissions"] as Json)["admin"]).toBe(true);
  expect(body["default_branch"]).toBe("main");
});

test("a deploy key is added, read, listed, kept over a restart, and removed", async () => {
  const added = await addKey();
  expect(added.status).toBe(201);
  expect(added.body["key"]).toBe(publicKey.split(" ").slice(0, 2).join(" "));
  expect(added.body["read_only"]).toBe(true);
  const path = `${keysPath}/${String(added.body["id"])}`;
  await github.stop();
  github = await start();
  expect((await ask("GET", path)).body).toStrictEqual(added.body);
  expect((await ask("GET", keysPath)).body).toStrictEqual([added.body]);
  expect((await ask("DELETE", path)).status).toBe(204);
  expect((await ask("DELETE", path)).status).toBe(404);
  expect((await ask("GET", keysPath)).body).toStrictEqual([]);
});

test("a key without read_only may write", async () => {
  expect((await ask("POST", keysPath, { title: "t", key: publicKey })).body["read_only"]).toBe(false);
});

test("the same key twice, and no key at all, are 422", async () => {
  await addKey();
  const again = await addKey();
  expect(again.status).toBe(422);
  expect(again.body.message).toBe("Validation Failed");
  expect(again.body["errors"]).toStrictEqual([
    { resource: "PublicKey", code: "custom", field: "key", message: "key is already in use" },
  ]);
  const bad = await ask("POST", keysPath, { title: "t", key: "ssh-ed25519 nonsense", read_only: true });
  expect(bad.status).toBe(422);
  expect(JSON.stringify(bad.body)).toMatch(
    /key is invalid\. You must supply a key in OpenSSH public key format/,
  );
});

test("wrong token, missing repository, no permission", async () => {
  const wrong = await ask("GET", "user", undefined, { authorization: "token wrong" });
  expect(wrong.status).toBe(401);
  expect(wrong.body.message).toBe("Bad credentials");
  expect((await ask("POST", "repos/home/missing/keys", { title: "t", key: publicKey })).status).toBe(404);
  await github.setFault("no-administration", true);
  const refused = await addKey();
  expect(refused.status).toBe(403);
  expect(refused.body.message).toBe("Resource not accessible by personal access token");
  expect(String(refused.body["documentation_url"])).toMatch(/create-a-deploy-key$/);
  expect((await ask("GET", "repos/home/home-cluster")).status).toBe(200);
});

test("faults: 5xx, 401, rate limit, down", async () => {
  await github.setFault("5xx", true);
  expect((await ask("GET", "user")).status).toBe(503);
  await github.setFault("5xx", false);
  await github.setFault("401", true);
  expect((await ask("GET", "user")).status).toBe(401);
  await github.setFault("401", false);
  await github.setFault("rate-limit", true);
  const limited = await ask("GET", "user");
  expect(limited.status).toBe(403);
  expect(limited.headers.get("x-ratelimit-remaining")).toBe("0");
  expect(limited.body.message).toMatch(/^API rate limit exceeded/);
  await github.setFault("rate-limit", false);
  await github.setFault("down", true);
  await expect(ask("GET", "user")).rejects.toThrow();
  await github.setFault("down", false);
  expect((await ask("GET", "user")).status).toBe(200);
});

test("lists come in pages", async () => {
  for (let i = 0; i < 3; i++) {
    const { publicKey: key } = await ensureKeyPair(join(root, `key-${String(i)}`), "");
    await ask("POST", keysPath, { title: String(i), key, read_only: true });
  }
  const first = await ask("GET", `${keysPath}?per_page=2`);
  expect((first.body as unknown as unknown[]).length).toBe(2);
  expect(first.headers.get("link") ?? "").toMatch(/page=2>; rel="next", .*page=2>; rel="last"/);
  const second = await ask("GET", `${keysPath}?per_page=2&page=2`);
  expect((second.body as unknown as unknown[]).length).toBe(1);
});

test("an unchanged object is 304", async () => {
  const first = await ask("GET", "repos/home/home-cluster");
  const again = await ask("GET", "repos/home/home-cluster", undefined, {
    "if-none-match": first.headers.get("etag") ?? "",
  });
  expect(again.status).toBe(304);
});

test("answers without the Enterprise prefix too, as api.github.com", async () => {
  const response = await fetch(new URL("user", github.baseUrl), {
    headers: { authorization: `token ${token}` },
  });
  expect(response.status).toBe(200);
  expect(response.headers.get("x-github-request-id") ?? "").toMatch(/^[0-9A-F]{4}:/);
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
  expect(added.status).toBe(201);
  expect(added.body["config"]).toStrictEqual({ ...config, secret: "********" });
  expect([added.body["active"], added.body["events"], added.body["name"]]).toStrictEqual([
    true,
    ["push"],
    "web",
  ]);
  const path = `${hooksPath}/${String(added.body["id"])}`;
  expect(added.body["url"]).toBe(`${github.baseUrl}api/v3/${path}`);
  const changed = await ask("PATCH", path, { active: false });
  expect([changed.status, changed.body["active"]]).toStrictEqual([200, false]);
  expect(changed.body["config"]).toStrictEqual(added.body["config"]);
  // A change of the config is a new config, as GitHub's documentation warns.
  const without = await ask("PATCH", path, { config: { url: hookUrl } });
  expect(without.body["config"]).toStrictEqual({ url: hookUrl, content_type: "form", insecure_ssl: "0" });
  expect((await ask("GET", hooksPath)).body).toStrictEqual([(await ask("GET", path)).body]);
  const kept = openGithubStore(join(root, "github.json")).webhooks();
  expect(kept.map(({ id, url }) => [id, url])).toStrictEqual([[added.body["id"], hookUrl]]);
  expect((await ask("DELETE", path)).status).toBe(204);
  for (const method of ["GET", "PATCH", "DELETE"])
    expect((await ask(method, path, method === "PATCH" ? {} : undefined)).status).toBe(404);
});

test("what GitHub does not take of a webhook is 422", async () => {
  const errors = async (change: object, settings: object = {}) => {
    const { status, body } = await addHook(change, settings);
    expect([status, body.message]).toStrictEqual([422, "Validation Failed"]);
    expect(String(body["documentation_url"])).toMatch(/create-a-repository-webhook$/);
    return body["errors"];
  };
  const custom = { resource: "Hook", code: "custom" };
  await addHook();
  expect(await errors({ secret: "another" })).toStrictEqual([
    { ...custom, message: "Hook already exists on this repository" },
  ]);
  expect(await errors({ url: undefined })).toStrictEqual([
    { ...custom, message: "Config must contain URL for webhooks" },
  ]);
  expect(await errors({ url: "flux-webhook.home.example" })).toStrictEqual([
    { ...custom, field: "url", message: "url is missing a scheme" },
  ]);
  expect(await errors({ url: "http://127.0.0.1:9292/hook/abc" })).toStrictEqual([
    {
      ...custom,
      field: "url",
      message: "url is not supported because it isn't reachable over the public Internet (127.0.0.1)",
    },
  ]);
  expect(await errors({ url: "https://other.example" }, { events: ["pushed"] })).toStrictEqual([
    { ...custom, field: "events", message: "These events are not allowed for this hook: pushed" },
  ]);
  expect(await errors({ url: "https://other.example" }, { name: "github" })).toStrictEqual([
    { resource: "Hook", code: "invalid", field: "name" },
  ]);
});

test("a token without the right to webhooks is refused, and nobody without a token sees any", async () => {
  await github.setFault("no-webhooks", true);
  const refused = await addHook();
  expect(refused.status).toBe(403);
  expect(refused.body.message).toBe("Resource not accessible by personal access token");
  expect(refused.headers.get("x-accepted-github-permissions")).toBe("repository_hooks=write");
  expect((await addKey()).status).toBe(201);
  expect((await fetch(new URL(`api/v3/${hooksPath}`, github.baseUrl))).status).toBe(404);
});

test("a webhook is told of pushes to its repository, signed as GitHub signs them", async () => {
  const { body: hook } = await addHook();
  await addHook({ url: "https://other.example/", secret: undefined }, { active: false });
  const push = { owner: "home", repository: "home-cluster", ref: "refs/heads/main" };
  github.pushed({ ...push, before: "a".repeat(40), after: "b".repeat(40) });
  github.pushed({ ...push, repository: "another", before: "a".repeat(40), after: "b".repeat(40) });
  const [ping, pushed, ...more] = deliveries;
  expect(more).toStrictEqual([]);
  expect(ping?.headers["x-github-event"]).toBe("ping");
  expect((JSON.parse(ping?.body ?? "") as Json)["hook_id"]).toBe(hook["id"]);
  expect(ping?.body).not.toContain("s3cret");
  expect(pushed?.url).toBe(hookUrl);
  const digest = createHmac("sha256", "s3cret")
    .update(pushed?.body ?? "")
    .digest("hex");
  expect(pushed?.headers["x-hub-signature-256"]).toBe(`sha256=${digest}`);
  expect(pushed?.headers["content-type"]).toBe("application/json");
  expect(pushed?.headers["x-github-delivery"] ?? "").toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(pushed?.headers["user-agent"] ?? "").toMatch(/^GitHub-Hookshot\//);
  const body = JSON.parse(pushed?.body ?? "") as Json & { repository: Json };
  expect([
    body["ref"],
    body["before"],
    body["after"],
    body["created"],
    body.repository["full_name"],
  ]).toStrictEqual(["refs/heads/main", "a".repeat(40), "b".repeat(40), false, "home/home-cluster"]);
});

test("how the last delivery went is shown, and no log names a webhook's URL", async () => {
  const added = await addHook({ url: "https://broken.example/hook/abc" });
  const path = `${hooksPath}/${String(added.body["id"])}`;
  expect((await ask("GET", path)).body["last_response"]).toStrictEqual({
    code: 500,
    status: "misconfigured",
    message: "Invalid HTTP Response: 500",
  });
  expect(log.some((line) => /^delivery \S+ of ping to webhook \d+: HTTP 500$/.test(line))).toBeTruthy();
  expect(!log.some((line) => line.includes("hook/abc"))).toBeTruthy();
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
  expect((await status(sha, "failure")).status).toBe(201);
  expect((await status(sha, "success")).status).toBe(201);
  const { body } = await ask("GET", `repos/home/home-cluster/commits/${sha}/statuses`, undefined, {
    authorization: "Bearer github_pat_status",
  });
  expect((body as unknown as Json[]).map(({ state, context }) => [state, context])).toStrictEqual([
    ["success", "kustomization/cluster/1"],
    ["failure", "kustomization/cluster/1"],
  ]);
  expect((await status("d".repeat(64), "success")).status).toBe(422);
  expect((await status(sha, "fine")).status).toBe(422);
  expect((await status(sha, "success", `Bearer ${token}`)).status).toBe(403);
  const other = { authorization: "Bearer github_pat_status" };
  expect((await ask("GET", hooksPath, undefined, other)).status).toBe(403);
  expect((await ask("GET", keysPath, undefined, other)).status).toBe(403);
});
