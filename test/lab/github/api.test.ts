// The lab's GitHub answers as GitHub does. Expected texts are those of api.github.com.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { ensureKeyPair } from "../../../lab/git/keys.ts";
import { startGithub, type Github } from "../../../lab/github/api.ts";
import { openGithubStore } from "../../../lab/github/store.ts";

let root: string;
let github: Github;
let publicKey: string;
const token = "github_pat_right";

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "lab-github-"));
  publicKey = (await ensureKeyPair(join(root, "key"), "comment")).publicKey;
  github = await start();
});
afterEach(async () => {
  await github.stop();
  await rm(root, { recursive: true });
});

function start(): Promise<Github> {
  return startGithub({
    address: "127.10.205.53",
    port: 3080,
    token,
    login: "home",
    store: openGithubStore(join(root, "github.json")),
    repositories: { exists: (_owner, name) => name === "home-cluster", sshUrl: () => "ssh://git@host/x.git" },
    organizations: ["some-org"],
    log: () => undefined,
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
