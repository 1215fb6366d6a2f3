// What is said about a Git host: the real git and ssh against the lab's host.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { startGitHost, type GitHost, type GitHostFault } from "../../lab/git/host.ts";
import { ensureKeyPair } from "../../lab/git/keys.ts";
import { makeDeployKey } from "../../src/bootstrap/steps/makeDeployKey.ts";
import { PrivateFolder } from "../../src/steps/privateFolder.ts";
import { checkHostKey, gitRemote, readBranch, type GitOwner, type GitRemote } from "../../src/steps/ssh.ts";
import { SiteDownError, StepError } from "../../src/steps/stepError.ts";
import { freeNetwork } from "../lab/freeNetwork.ts";

const branch = "main";

describe("a Git host", () => {
  const folder = mkdtempSync(join(tmpdir(), "ssh-"));
  const secrets = new PrivateFolder();
  const owner = (signal = new AbortController().signal): GitOwner => ({
    secretFile: (name, content) => secrets.write(name, content),
    signal,
  });
  let pair: Awaited<ReturnType<typeof makeDeployKey>>;
  const keys: { key: string; readOnly: boolean; repo: string }[] = [];
  let host: GitHost;
  let commit: string;
  const remote = (overrides: Partial<GitRemote> = {}): GitRemote => ({
    ...gitRemote(host.url("home", "home-cluster"), [host.knownHostsLine()]),
    ...overrides,
  });
  const read = async (overrides?: Partial<GitRemote>, key = pair.privateKey): Promise<string> =>
    readBranch(owner(), remote(overrides), branch, key);
  /** What fails, as `message → what to do`, and whether the host is taken for down. */
  const failure = async (attempt: Promise<unknown>): Promise<[text: string, isDown: boolean]> => {
    try {
      await attempt;
    } catch (error) {
      assert.ok(error instanceof StepError, String(error));
      return [`${error.message} → ${error.todo}`, error instanceof SiteDownError];
    }
    return assert.fail("it does not fail");
  };
  const during = async <T>(fault: GitHostFault, act: () => Promise<T>): Promise<T> => {
    await host.setFault(fault, true);
    try {
      return await act();
    } finally {
      await host.setFault(fault, false);
    }
  };

  beforeAll(async () => {
    pair = await makeDeployKey();
    keys.push({ key: pair.publicKey, readOnly: true, repo: "home/home-cluster" });
    const root = join(folder, "git");
    host = await startGitHost({
      address: (await freeNetwork()).address(2),
      port: 2222,
      root,
      hostKeyFile: join(folder, "host-key"),
      adminKeyFile: join(folder, "admin-key"),
      keys: () => keys,
      pushed: () => undefined,
      log: () => undefined,
    });
    await host.createRepository("home", "home-cluster");
    const git = (...words: readonly string[]): string => {
      const person = ["-c", "user.name=Lab", "-c", "user.email=lab@example.org"];
      return execFileSync("git", [...person, "-C", folder, ...words], { encoding: "utf8" });
    };
    git("init", "--quiet", "--initial-branch", branch);
    git("commit", "--quiet", "--allow-empty", "-m", "First");
    git(
      "push",
      "--quiet",
      join(root, "home/home-cluster.git"),
      branch,
      `${branch}:also/refs/heads/${branch}`,
    );
    commit = git("rev-parse", "HEAD").trim();
  });
  afterAll(async () => {
    await host.stop();
    secrets.remove();
    rmSync(folder, { recursive: true });
  });

  it("tells a deploy key where the branch is", async () => {
    expect(await read()).toBe(commit);
  });

  it("takes keys as states of former versions have them", async () => {
    const former = await ensureKeyPair(join(folder, "former"), "");
    keys.push({ key: former.publicKey, readOnly: true, repo: "home/home-cluster" });
    expect(await read({}, former.privateKey.trim())).toBe(commit);
  });

  it("shows its key to whoever has none", async () => {
    const file = join(folder, "known");
    writeFileSync(file, host.knownHostsLine());
    const printed = execFileSync("ssh-keygen", ["-l", "-f", file], { encoding: "utf8" });
    expect(await checkHostKey(owner(), remote())).toBe(/SHA256:\S+/.exec(printed)?.[0]);
  });

  it("may be pinned under a hashed name, beside others", async () => {
    const [name = "", kind = "", key = ""] = host.knownHostsLine().split(" ");
    const salt = Buffer.from("twenty bytes of salt");
    const hash = createHmac("sha1", salt).update(name).digest("base64");
    const line = `|1|${salt.toString("base64")}|${hash} ${kind} ${key}`;
    const other = `other.example.org ${(await makeDeployKey()).publicKey}`;
    expect(await read({ knownHosts: ["# a comment", other, line] })).toBe(commit);
  });

  it("is refused with another key, whatever else it would say", async () => {
    await during("other-host-key", async () => {
      for (const attempt of [async () => checkHostKey(owner(), remote()), read]) {
        const [text, isDown] = await failure(attempt());
        expect(text).toMatch(
          /^the Git host [\d.]+:2222 shows the key SHA256:\S+, which git\.knownHosts does not pin → compare it .* ssh-keyscan -p 2222 [\d.]+$/,
        );
        expect(isDown).toBe(false);
      }
    });
  });

  it("is down when nobody answers", async () => {
    await during("down", async () => {
      for (const attempt of [async () => checkHostKey(owner(), remote()), read]) {
        const [text, isDown] = await failure(attempt());
        expect(text).toMatch(
          /^the Git host [\d.]+:2222 does not answer: .*(refused|closed|reset).* → check git\.url/,
        );
        expect(isDown).toBe(true);
      }
    });
    expect((await failure(read({ host: "nowhere.invalid" })))[0]).toMatch(
      /^the Git host nowhere\.invalid:2222 does not answer: .*resolve/,
    );
  });

  it("may refuse the key", async () => {
    const [text, isDown] = await failure(read({}, (await makeDeployKey()).privateKey));
    expect(text).toMatch(
      /refused the deploy key for \/home\/home-cluster\.git: .*Permission denied \(publickey\)\. → look whether the deploy key is still listed/,
    );
    expect(isDown).toBe(false);
  });

  it("may not have the repository, or not the branch", async () => {
    expect((await failure(read({ path: "/home/other.git" })))[0]).toMatch(
      /^\/home\/other\.git on [\d.]+: ERROR: Repository not found\. → check github\.owner and github\.repository/,
    );
    expect((await failure(readBranch(owner(), remote(), "trunk", pair.privateKey)))[0]).toMatch(
      /^\/home\/home-cluster\.git on [\d.]+ has no branch trunk → push the cluster's tree to trunk$/,
    );
  });

  it("is asked without any settings of the user", async () => {
    const home = join(folder, "home");
    execFileSync("git", ["config", "--file", home, "url.ssh://nowhere.invalid/.insteadOf", "ssh://git@"]);
    process.env["GIT_CONFIG_GLOBAL"] = home;
    try {
      expect(await read()).toBe(commit);
    } finally {
      delete process.env["GIT_CONFIG_GLOBAL"];
    }
  });

  it("is no longer waited for once the step is over", async () => {
    const over = AbortSignal.abort(new Error("over"));
    await expect(readBranch(owner(over), remote(), branch, pair.privateKey)).rejects.toThrow();
  });
});

describe("gitRemote", () => {
  it("takes an ssh URL apart", () => {
    expect(gitRemote("ssh://git@127.10.1.2:2222/home/home-cluster.git", [])).toStrictEqual({
      host: "127.10.1.2",
      port: 2222,
      user: "git",
      path: "/home/home-cluster.git",
      knownHosts: [],
    });
  });

  it("means port 22 where none is named", () => {
    expect(gitRemote("ssh://git@github.com/a/b.git", []).port).toBe(22);
  });
});
