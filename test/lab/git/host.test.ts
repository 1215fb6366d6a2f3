// The real git against the Git host, over the lab's own ssh client (and the real one where it is installed).
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { setTimeout as delay } from "node:timers/promises";
import { sshEnvironment } from "../../../lab/git/environment.ts";
import { startGitHost, type AuthorizedKey, type GitHost } from "../../../lab/git/host.ts";
import { ensureKeyPair } from "../../../lab/git/keys.ts";
import type { PushedRef } from "../../../lab/git/pushedRefs.ts";
import { freeNetwork } from "../freeNetwork.ts";

const address = (await freeNetwork()).address(2);
let root: string;
let host: GitHost;
let keys: AuthorizedKey[];
let deployKey: { privateKey: string; publicKey: string };
const log: string[] = [];
let pushed: PushedRef[] = [];
const options = () => ({
  address,
  port: 2222,
  root: join(root, "git"),
  hostKeyFile: join(root, "host-key"),
  adminKeyFile: join(root, "admin-key"),
  keys: () => keys,
  pushed: (ref: PushedRef) => void pushed.push(ref),
  log: (line: string) => log.push(line),
});

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "lab-git-"));
  keys = [];
  host = await startGitHost(options());
  await host.createRepository("home", "home-cluster");
  await host.createRepository("home", "other");
  deployKey = await ensureKeyPair(join(root, "deploy-key"), "deploy");
  const work = join(root, "work");
  await git(undefined, "init", "--quiet", "--initial-branch=main", work);
  await writeFile(join(work, "a.txt"), "a");
  const person = ["-c", "user.name=Lab", "-c", "user.email=lab@example.org"];
  await git(undefined, "-C", work, "add", ".");
  await git(undefined, "-C", work, ...person, "commit", "--quiet", "-m", "First");
  await git("admin-key", "-C", work, "push", "--quiet", host.url("home", "home-cluster"), "main");
});
beforeEach(() => {
  keys = [{ key: deployKey.publicKey, readOnly: true, repo: "home/home-cluster" }];
});
afterAll(async () => {
  await host.stop();
  await rm(root, { recursive: true });
});

interface Answer {
  code: number;
  out: string;
  err: string;
}

/** Runs git with a key of the lab (undefined: none); never fails by itself. */
async function git(key: string | undefined, ...words: string[]): Promise<Answer> {
  const keyFile = key === undefined ? "" : join(root, key);
  const env = {
    ...process.env,
    GIT_CONFIG_GLOBAL: "/dev/null",
    ...sshEnvironment(keyFile, host.knownHostsLine()),
  };
  return new Promise((resolve) => {
    execFile("git", words, { env }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}
const lsRemote = (repository = "home-cluster", key = "deploy-key") =>
  git(key, "ls-remote", host.url("home", repository));

test("a deploy key clones", async () => {
  const clone = await git(
    "deploy-key",
    "clone",
    "--quiet",
    host.url("home", "home-cluster"),
    join(root, "clone"),
  );
  assert.equal(clone.code, 0, clone.err);
  expect((await git(undefined, "-C", join(root, "clone"), "log", "--oneline")).out).toMatch(/First/);
});

test("protocol version 2 reaches git", async () => {
  const answer = await git(
    "deploy-key",
    "-c",
    "protocol.version=2",
    "ls-remote",
    host.url("home", "home-cluster"),
  );
  expect(answer.out).toMatch(/refs\/heads\/main/);
  process.env["GIT_TRACE_PACKET"] = "1";
  const traced = await git("deploy-key", "ls-remote", host.url("home", "home-cluster"));
  delete process.env["GIT_TRACE_PACKET"];
  expect(traced.err).toMatch(/< version 2/);
});

test("a read-only key does not push", async () => {
  const push = await git(
    "deploy-key",
    "-C",
    join(root, "work"),
    "push",
    host.url("home", "home-cluster"),
    "main:x",
  );
  expect(push.code).toBe(128);
  expect(push.err).toMatch(/^ERROR: The key you are authenticating with has been marked as read only\.$/m);
});

test("a key with write access pushes", async () => {
  keys = [{ key: deployKey.publicKey, readOnly: false, repo: "home/home-cluster" }];
  const push = await git(
    "deploy-key",
    "-C",
    join(root, "work"),
    "push",
    host.url("home", "home-cluster"),
    "main:y",
  );
  assert.equal(push.code, 0, push.err);
});

/** Waits for so many refs: what a push has changed is told after it. */
async function toldOf(count: number): Promise<readonly PushedRef[]> {
  const end = Date.now() + 10_000;
  while (pushed.length < count && Date.now() < end) await delay(10);
  return pushed;
}

test("what a push changes is told, with the commits before and after; what changes nothing is not", async () => {
  await toldOf(2);
  pushed = [];
  const work = join(root, "work");
  const url = host.url("home", "home-cluster");
  const head = async (): Promise<string> =>
    (await git(undefined, "-C", work, "rev-parse", "HEAD")).out.trim();
  const push = async (...refs: string[]): Promise<void> => {
    const { code, err } = await git("admin-key", "-C", work, "push", "--quiet", "--force", url, ...refs);
    assert.equal(code, 0, err);
  };
  const before = await head();
  const person = ["-c", "user.name=Lab", "-c", "user.email=lab@example.org"];
  await git(undefined, "-C", work, ...person, "commit", "--quiet", "--allow-empty", "-m", "Second");
  const after = await head();
  const nothing = "0".repeat(40);
  const of = { owner: "home", repository: "home-cluster" };
  await push("main:main");
  expect(await toldOf(1)).toStrictEqual([{ ...of, ref: "refs/heads/main", before, after }]);
  await push("main:main");
  await push("main:refs/tags/v1", "main:side");
  expect([...(await toldOf(3))].slice(1).sort((a, b) => a.ref.localeCompare(b.ref))).toStrictEqual(
    ["refs/heads/side", "refs/tags/v1"].map((ref) => ({ ...of, ref, before: nothing, after })),
  );
  await push(":side");
  expect((await toldOf(4)).at(-1)).toStrictEqual({
    ...of,
    ref: "refs/heads/side",
    before: after,
    after: nothing,
  });
  expect((await lsRemote()).code).toBe(0);
  expect(pushed.length).toBe(4);
});

test("a deploy key opens its own repository only", async () => {
  const other = await lsRemote("other");
  expect(other.code).toBe(128);
  expect(other.err).toMatch(/^ERROR: Repository not found\.$/m);
  expect((await lsRemote("missing")).err).toMatch(/^ERROR: Repository not found\.$/m);
});

test("an unknown key is refused, and known again at once", async () => {
  keys = [];
  expect((await lsRemote()).err).toMatch(/All configured authentication methods failed/);
  keys = [{ key: `${deployKey.publicKey} another comment`, readOnly: true, repo: "home/home-cluster" }];
  expect((await lsRemote()).code).toBe(0);
});

test("faults: refused keys, another host key, down, slow", async () => {
  await host.setFault("refuse-keys", true);
  expect((await lsRemote()).err).toMatch(/authentication methods failed/);
  await host.setFault("refuse-keys", false);
  await host.setFault("other-host-key", true);
  expect((await lsRemote()).err).toMatch(/Host denied \(verification failed\)/);
  await host.setFault("other-host-key", false);
  await host.setFault("down", true);
  expect((await lsRemote()).err).toMatch(/ECONNREFUSED/);
  await host.setFault("down", false);
  host.setLatency(20);
  const started = performance.now();
  expect((await lsRemote()).code).toBe(0);
  expect(performance.now() - started).toBeGreaterThan(100);
  host.setLatency(0);
});

test("keys and repositories survive a restart, private keys are for the owner only", async () => {
  const pinned = host.knownHostsLine();
  await host.stop();
  host = await startGitHost(options());
  expect(host.knownHostsLine()).toBe(pinned);
  expect((await lsRemote()).code).toBe(0);
  for (const file of ["host-key", "admin-key"])
    expect((await stat(join(root, file))).mode & 0o777).toBe(0o600);
});

test("a port in use is named", async () => {
  await expect(startGitHost(options())).rejects.toThrow(
    new RegExp(`Git host: another program listens on ${address.replaceAll(".", "\\.")}:2222`),
  );
});
