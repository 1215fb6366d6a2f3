// What a killed run leaves at GitHub, against the lab's GitHub.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { removeUnknownDeployKeys } from "../../commands/recover/deployKeys.ts";
import type { PendingOperation, StackState, StateResource } from "../../commands/recover/state.ts";
import { removeUnknownWebhooks } from "../../commands/recover/webhooks.ts";
import { ensureKeyPair } from "../../lab/git/keys.ts";
import { startGithub, type Github } from "../../lab/github/api.ts";
import { openGithubStore, type GithubStore } from "../../lab/github/store.ts";
import { freeNetwork } from "../lab/freeNetwork.ts";

const keyType = "github:index/repositoryDeployKey:RepositoryDeployKey";
const hookType = "github:index/repositoryWebhook:RepositoryWebhook";
const address = (await freeNetwork()).address(2);
const url = "https://flux-webhook.home.example/hook/abc";

describe("recovery at GitHub", () => {
  let folder: string;
  let store: GithubStore;
  let github: Github;
  // Connections of the last test's client are not to be used again.
  let port = 3080;
  const token = process.env["GITHUB_TOKEN"];

  before(() => {
    process.env["GITHUB_TOKEN"] = "right";
  });
  after(() => {
    if (token === undefined) delete process.env["GITHUB_TOKEN"];
    else process.env["GITHUB_TOKEN"] = token;
  });
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "recover-github-"));
    store = openGithubStore(join(folder, "github.json"));
    github = await startGithub({
      address,
      port: port++,
      token: "right",
      login: "home",
      store,
      repositories: { exists: () => true, sshUrl: () => "ssh://git@host/x.git" },
      send: () => Promise.resolve(200),
      log: () => undefined,
    });
  });
  afterEach(async () => {
    await github.stop();
    rmSync(folder, { recursive: true });
  });

  const resource = (type: string, more: Partial<StateResource>): StateResource => ({
    urn: `urn:pulumi:home::home-ops::${type}::thing`,
    type,
    ...more,
  });
  const stateOf = (
    resources: readonly StateResource[],
    pending: readonly PendingOperation[],
  ): StackState => ({
    version: 3,
    deployment: {
      resources: [
        resource("pulumi:providers:github", { inputs: { owner: "home", baseUrl: github.baseUrl } }),
        ...resources,
      ],
      pending_operations: pending,
    },
  });
  const creating = (type: string, inputs: Readonly<Record<string, unknown>>): PendingOperation => ({
    type: "creating",
    resource: resource(type, { inputs }),
  });
  const addKey = async (title: string): Promise<number> => {
    const { publicKey: key } = await ensureKeyPair(join(folder, `key-${String(Math.random())}`), "");
    const added = store.add({
      owner: "home",
      repository: "cluster",
      title,
      key,
      readOnly: true,
      addedBy: "home",
    });
    assert.ok(typeof added === "object");
    return added.id;
  };
  const addHook = (to: string): number =>
    store.addWebhook("home", "cluster", {
      events: ["push"],
      active: true,
      url: to,
      contentType: "json",
      secret: "secret",
      insecureSsl: false,
    }).id;

  it("removes the deploy key that is in no state, and no other", async () => {
    const [known, unknown, another] = [
      await addKey("home-ops: a"),
      await addKey("home-ops: a"),
      await addKey("b"),
    ];
    const pending = [creating(keyType, { repository: "cluster", title: "home-ops: a" })];
    const state = stateOf([resource(keyType, { id: `cluster:${String(known)}` })], pending);
    assert.deepEqual(await removeUnknownDeployKeys(pending, state), [
      `removed deploy key ${String(unknown)} "home-ops: a" from home/cluster: it is in no state`,
    ]);
    assert.deepEqual(
      store.keys().map(({ id }) => id),
      [known, another],
    );
  });

  const pendingHook = (): readonly PendingOperation[] => [
    creating(hookType, {
      repository: "cluster",
      // As an export in clear wraps it.
      configuration: { url: { plaintext: JSON.stringify(url) }, contentType: "json" },
    }),
  ];

  it("removes the webhook of the URL that was being registered, and no other, without naming the URL", async () => {
    const [unknown, another] = [addHook(url), addHook("https://elsewhere.example/hook/abc")];
    const pending = pendingHook();
    assert.deepEqual(await removeUnknownWebhooks(pending, () => stateOf([], pending)), [
      `removed webhook ${String(unknown)} from home/cluster: it is in no state`,
    ]);
    assert.deepEqual(
      store.webhooks().map(({ id }) => id),
      [another],
    );
  });

  it("leaves a webhook that the state knows", async () => {
    const known = addHook(url);
    const pending = pendingHook();
    const state = stateOf([resource(hookType, { id: String(known) })], pending);
    assert.deepEqual(await removeUnknownWebhooks(pending, () => state), []);
    assert.equal(store.webhooks().length, 1);
  });

  it("decrypts nothing when no webhook was being registered", async () => {
    const none = (): StackState => assert.fail("the state was exported in clear");
    assert.deepEqual(await removeUnknownWebhooks([], none), []);
  });

  it("says which right is missing", async () => {
    await github.setFault("no-webhooks", true);
    const pending = pendingHook();
    await assert.rejects(
      removeUnknownWebhooks(pending, () => stateOf([], pending)),
      /HTTP 403 Resource not accessible.*repos\/home\/cluster\/hooks\n {2}→ export GITHUB_TOKEN with a token that has Webhooks: read and write/,
    );
  });
});
