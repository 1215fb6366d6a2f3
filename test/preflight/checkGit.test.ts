// The check of the Git side, run as `up` runs it, against the lab's GitHub and Git host.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { startGitHost, type GitHost } from "../../lab/git/host.ts";
import { ensureKeyPair } from "../../lab/git/keys.ts";
import { startGithub, type Github } from "../../lab/github/api.ts";
import { openGithubStore, type GithubStore } from "../../lab/github/store.ts";
import { run } from "../../src/steps/run.ts";

const address = "127.10.205.60";

describe("the check of the Git side", () => {
  let folder: string;
  let store: GithubStore;
  let github: Github;
  let git: GitHost;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "check-git-"));
    store = openGithubStore(join(folder, "github.json"));
    github = await startGithub({
      address,
      port: 3080,
      token: "right",
      login: "home",
      store,
      repositories: { exists: () => true, sshUrl: () => "ssh://git@host/x.git" },
      send: () => Promise.resolve(200),
      log: () => undefined,
    });
    git = await startGitHost({
      address,
      port: 2222,
      root: join(folder, "git"),
      hostKeyFile: join(folder, "host-key"),
      adminKeyFile: join(folder, "admin-key"),
      keys: () => [],
      pushed: () => undefined,
      log: () => undefined,
    });
  });
  afterAll(async () => {
    await github.stop();
    await git.stop();
    rmSync(folder, { recursive: true });
  });

  const check = async (
    env: Readonly<Record<string, string>> = {},
  ): Promise<{ code: number; output: string }> => {
    const { code, stdout, stderr } = await run(process.execPath, ["src/step.ts", "check-git"], {
      timeoutSeconds: 60,
      signal: new AbortController().signal,
      env: {
        GITHUB_TOKEN: "right",
        GITHUB_OWNER: "home",
        GITHUB_REPOSITORY: "home-cluster",
        GITHUB_BASE_URL: github.baseUrl,
        GIT_URL: git.url("home", "home-cluster"),
        GIT_KNOWN_HOSTS: git.knownHostsLine(),
        ...env,
      },
    });
    return { code, output: `${stdout}${stderr}`.trim() };
  };
  const passes = async (
    env: Readonly<Record<string, string>>,
    ...expected: readonly RegExp[]
  ): Promise<void> => {
    const { code, output } = await check(env);
    assert.equal(code, 0, output);
    for (const pattern of expected) expect(output).toMatch(pattern);
  };
  const fails = async (
    env: Readonly<Record<string, string>>,
    ...expected: readonly RegExp[]
  ): Promise<void> => {
    const { code, output } = await check(env);
    assert.equal(code, 1, output);
    for (const pattern of expected) expect(output).toMatch(pattern);
  };
  const established = { ESTABLISHED: "true" };

  it("says what it has found", () =>
    passes(
      {},
      /^home\/home-cluster is there, the token may register deploy keys, the Git host shows its pinned key SHA256:/,
    ));

  it("notices an expired token, with and without a cluster", async () => {
    for (const env of [{}, established])
      await fails(
        { ...env, GITHUB_TOKEN: "expired" },
        /HTTP 401 Bad credentials\n {2}→ the token .* wrong or expired/,
      );
  });

  it("asks for a token where something is to be made with it, and only there", async () => {
    await fails({ GITHUB_TOKEN: "" }, /GITHUB_TOKEN is not set: the deploy key cannot be registered/);
    await passes(
      { ...established, GITHUB_TOKEN: "" },
      /^GITHUB_TOKEN is not set, GitHub was not asked, the Git host shows/,
    );
  });

  it.each([
    ["down", /GitHub \(http:\S+\) does not answer: /],
    ["5xx", /GitHub on repos\/home\/home-cluster: HTTP 503/],
    ["rate-limit", /GitHub on repos\/home\/home-cluster: HTTP 403 .*rate limit/i],
  ] as const)(
    "takes GitHub's %s for a reason to stop only before the cluster is there",
    async (fault, said) => {
      await github.setFault(fault, true);
      try {
        await fails({}, said, /→ .*run pulumi up again/);
        await passes(established, said, /^warning: .*this run goes on, since the cluster is there already$/m);
      } finally {
        await github.setFault(fault, false);
      }
    },
  );

  it("takes a Git host that is down for a reason to stop only before the cluster is there", async () => {
    await git.setFault("down", true);
    try {
      await fails({}, /the Git host 127\.10\.205\.60:2222 does not answer/);
      await passes(
        established,
        /^warning: the Git host .* does not answer/m,
        /^home\/home-cluster is there/m,
      );
    } finally {
      await git.setFault("down", false);
    }
  });

  it("stops at a Git host with another key whatever is there", async () => {
    await git.setFault("other-host-key", true);
    try {
      for (const env of [{}, established])
        await fails(env, /shows the key SHA256:\S+, which git\.knownHosts does not pin/);
    } finally {
      await git.setFault("other-host-key", false);
    }
  });

  it("refuses a second cluster of a name on one repository, and no other", async () => {
    const { publicKey: key } = await ensureKeyPair(join(folder, "key"), "");
    const { id } = store.add({
      owner: "home",
      repository: "home-cluster",
      title: "home-ops: home",
      key,
      readOnly: true,
      addedBy: "home",
    }) as { id: number };
    await fails(
      { CLUSTER_NAME: "home", OWN_KEYS: "" },
      new RegExp(`has the deploy key ${String(id)} "home-ops: home" already, and this stack has not made it`),
      /→ nothing has been made; give this cluster another cluster\.name, or, if the other one is gone, delete that key/,
    );
    // What a first run that failed has registered, as the state has it.
    await passes({ CLUSTER_NAME: "home", OWN_KEYS: `ssh-ed25519 AAAAother\n${key.trim()} comment` });
    await passes({ CLUSTER_NAME: "other", OWN_KEYS: "" });
    await passes(established);
  });

  it("says that the token may not see deploy keys", async () => {
    await github.setFault("no-administration", true);
    try {
      await fails({ CLUSTER_NAME: "other", OWN_KEYS: "" }, /→ give the token Administration: read and write/);
    } finally {
      await github.setFault("no-administration", false);
    }
  });
});
