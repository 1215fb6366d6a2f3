// What a killed run leaves at GitHub, against the lab's GitHub.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { deployKeyLeftovers, webhookLeftovers } from "../../commands/recover/github.ts";
import { findLeftovers } from "../../commands/recover/leftovers.ts";
import { leftLine, type Leftover } from "../../commands/recover/leftover.ts";
import type { PendingOperation, StackState, StateResource } from "../../commands/pulumi/state.ts";
import { ensureKeyPair } from "../../lab/git/keys.ts";
import { startGithub, type Github } from "../../lab/github/api.ts";
import { receiverPath } from "../../src/flux/receiverPath.ts";
import { openGithubStore, type GithubStore } from "../../lab/github/store.ts";
import { freeNetwork } from "../lab/freeNetwork.ts";

const keyType = "github:index/repositoryDeployKey:RepositoryDeployKey";
const hookType = "github:index/repositoryWebhook:RepositoryWebhook";
const address = (await freeNetwork()).address(2);
const commandType = "command:local:Command";
const token = "the-receivers-token";
const url = `https://flux-webhook.home.example${receiverPath(token)}`;

/** As an export in clear wraps a secret. */
function secret(value: unknown): object {
  return {
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    plaintext: JSON.stringify(value),
  };
}

/** Removes what may be removed, as recovery does. @returns what it would say */
async function recovered(leftovers: readonly Leftover[]): Promise<readonly string[]> {
  for (const { remove } of leftovers) await remove?.();
  return leftovers.map((found) =>
    found.remove === undefined ? `left ${leftLine(found)}` : `removed ${found.what}`,
  );
}

describe("recovery at GitHub", () => {
  let folder: string;
  let store: GithubStore;
  let github: Github;
  // Connections of the last test's client are not to be used again.
  let port = 3080;
  const tokenOutside = process.env["GITHUB_TOKEN"];

  beforeAll(() => {
    process.env["GITHUB_TOKEN"] = "right";
  });
  afterAll(() => {
    if (tokenOutside === undefined) delete process.env["GITHUB_TOKEN"];
    else process.env["GITHUB_TOKEN"] = tokenOutside;
  });
  const startAgain = (): Promise<Github> =>
    startGithub({
      address,
      port: port++,
      token: "right",
      login: "home",
      store,
      repositories: { exists: () => true, sshUrl: () => "ssh://git@host/x.git" },
      send: () => Promise.resolve(200),
      log: () => undefined,
    });
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "recover-github-"));
    store = openGithubStore(join(folder, "github.json"));
    github = await startAgain();
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
  const makeKey = async (): Promise<string> =>
    (await ensureKeyPair(join(folder, `key-${String(Math.random())}`), "")).publicKey;
  const register = (title: string, key: string): number => {
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
  const step = (name: string, environment: object, stdout: unknown): StateResource => ({
    urn: `urn:pulumi:home::home-ops::${commandType}::${name}`,
    type: commandType,
    inputs: { environment },
    outputs: { stdout: secret(JSON.stringify(stdout)) },
  });
  const preflight = (environment: object = {}): StateResource =>
    step("preflight-git", { GITHUB_REPOSITORY: "cluster", ...environment }, "");
  const pairOf = (publicKey: string): StateResource =>
    step("flux-secrets-deploy-key-pair", { CLUSTER_NAME: "a" }, { privateKey: "x", publicKey });
  const addHook = (to: string): number =>
    store.addWebhook("home", "cluster", {
      events: ["push"],
      active: true,
      url: to,
      contentType: "json",
      secret: "secret",
      insecureSsl: false,
    }).id;
  const keysLeft = (): readonly number[] => store.keys().map(({ id }) => id);
  const hooksLeft = (): readonly number[] => store.webhooks().map(({ id }) => id);

  it("removes the deploy key that was being registered and is in no state, and no other", async () => {
    const [mine, theirs] = [await makeKey(), await makeKey()];
    const another = register("b", theirs);
    const unknown = register("home-ops: a", mine);
    const state = stateOf(
      [],
      [creating(keyType, { repository: "cluster", title: "home-ops: a", key: mine })],
    );
    expect(await recovered(await deployKeyLeftovers(state))).toStrictEqual([
      `removed deploy key ${String(unknown)} "home-ops: a" from home/cluster: it is in no state`,
    ]);
    expect(keysLeft()).toStrictEqual([another]);
  });

  it("names and leaves a key of this cluster's name that this stack has not made: it is another cluster's", async () => {
    const [mine, theirs] = [await makeKey(), await makeKey()];
    const another = register("home-ops: a", theirs);
    const unknown = register("home-ops: a", mine);
    const state = stateOf(
      [],
      [creating(keyType, { repository: "cluster", title: "home-ops: a", key: mine })],
    );
    expect(await recovered(await deployKeyLeftovers(state))).toStrictEqual([
      `left deploy key ${String(another)} "home-ops: a" from home/cluster: it has this cluster's name, but not a key that this stack has made\n  → another cluster may read Git with it; if none does, delete it in the settings of the repository`,
      `removed deploy key ${String(unknown)} "home-ops: a" from home/cluster: it is in no state`,
    ]);
    expect(keysLeft()).toStrictEqual([another]);
  });

  it("finds a key that the state has forgotten, without any pending operation", async () => {
    const mine = await makeKey();
    // Whatever its title is by now: the key proves it.
    const forgotten = register("renamed by hand", mine);
    const state = stateOf([preflight(), pairOf(mine)], []);
    expect(await recovered(await deployKeyLeftovers(state))).toStrictEqual([
      `removed deploy key ${String(forgotten)} "renamed by hand" from home/cluster: it is in no state`,
    ]);
    expect(keysLeft()).toStrictEqual([]);
  });

  it("leaves a key that the state knows, and asks nobody about it", async () => {
    const mine = await makeKey();
    const known = register("home-ops: a", mine);
    const resources = [preflight(), pairOf(mine), resource(keyType, { id: `cluster:${String(known)}` })];
    await github.stop();
    expect(await deployKeyLeftovers(stateOf(resources, []))).toStrictEqual([]);
    expect(keysLeft()).toStrictEqual([known]);
    // What afterEach stops.
    github = await startAgain();
  });

  it("finds a key behind a hundred others", async () => {
    for (let index = 0; index < 100; index++) register(`other ${String(index)}`, await makeKey());
    const mine = await makeKey();
    const forgotten = register("home-ops: a", mine);
    await recovered(await deployKeyLeftovers(stateOf([preflight(), pairOf(mine)], [])));
    expect(keysLeft().length).toBe(100);
    expect(keysLeft()).not.toContain(forgotten);
  });

  const pendingHook = (): readonly PendingOperation[] => [
    creating(hookType, { repository: "cluster", configuration: { url: secret(url), contentType: "json" } }),
  ];
  const tokenStep = step("flux-secrets-webhook-token", {}, { token });

  it("removes the webhook of the URL that was being registered, and no other, without naming the URL", async () => {
    const [unknown, another] = [addHook(url), addHook("https://elsewhere.example/hook/abc")];
    expect(await recovered(await webhookLeftovers(stateOf([], pendingHook())))).toStrictEqual([
      `removed webhook ${String(unknown)} from home/cluster: it is in no state`,
    ]);
    expect(hooksLeft()).toStrictEqual([another]);
  });

  it("finds a webhook that the state has forgotten by the path of this stack's token", async () => {
    const [forgotten, another] = [addHook(url), addHook("https://flux-webhook.home.example/hook/abc")];
    const wanted = preflight({ WEBHOOK_URL: "https://flux-webhook.home.example" });
    expect(await recovered(await webhookLeftovers(stateOf([wanted, tokenStep], [])))).toStrictEqual([
      `removed webhook ${String(forgotten)} from home/cluster: it is in no state`,
    ]);
    expect(hooksLeft()).toStrictEqual([another]);
  });

  it("asks nobody about webhooks where the stack config wants none", async () => {
    addHook(url);
    expect(await webhookLeftovers(stateOf([preflight(), tokenStep], []))).toStrictEqual([]);
  });

  it("leaves a webhook that the state knows", async () => {
    const known = addHook(url);
    const state = stateOf([resource(hookType, { id: String(known) })], pendingHook());
    expect(await webhookLeftovers(state)).toStrictEqual([]);
  });

  it("says which right is missing, and goes on looking elsewhere", async () => {
    await github.setFault("no-webhooks", true);
    const mine = await makeKey();
    register("home-ops: a", mine);
    const { leftovers, unseen } = await findLeftovers(stateOf([preflight(), pairOf(mine)], pendingHook()));
    expect(leftovers.length).toBe(1);
    expect(unseen.length).toBe(1);
    expect(unseen[0]?.type).toBe(hookType);
    expect(unseen.map(leftLine).join()).toMatch(
      /^could not look for webhooks: .*HTTP 403 Resource not accessible.*repos\/home\/cluster\/hooks\n {2}→ export GITHUB_TOKEN with a token that has Webhooks: read and write/,
    );
  });

  it("says that GitHub does not answer", async () => {
    const state = stateOf([preflight(), pairOf(await makeKey())], []);
    await github.stop();
    await expect(deployKeyLeftovers(state)).rejects.toThrow(
      /^GitHub does not answer for repos\/home\/cluster\/keys/,
    );
    github = await startAgain();
  });
});
