// The stand-in's webhook against the lab's GitHub, as the engine drives it.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { startGithub, type Github } from "../../../lab/github/api.ts";
import { openGithubStore, type GithubStore } from "../../../lab/github/store.ts";
import { freeNetwork } from "../freeNetwork.ts";
import { Plugin, revealed, secret, unknown, type Wire } from "./harness.ts";

const token = "github:index/repositoryWebhook:RepositoryWebhook";
const url = "https://flux-webhook.home.example/hook/abc";
const inputs = {
  repository: "home-cluster",
  events: ["push"],
  active: true,
  configuration: { url, secret: "s3cret", contentType: "json", insecureSsl: false },
};

describe("the github stand-in's webhook", () => {
  let root: string;
  let store: GithubStore;
  let github: Github;
  let plugin: Plugin;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "lab-webhook-"));
    store = openGithubStore(join(root, "github.json"));
    github = await startGithub({
      address: (await freeNetwork()).address(2),
      port: 3080,
      token: "good",
      login: "home",
      store,
      repositories: { exists: (_owner, name) => name !== "nope", sshUrl: () => "ssh://git@host/x.git" },
      send: () => Promise.resolve(200),
      log: () => undefined,
    });
  });
  afterAll(async () => {
    await github.stop();
    await rm(root, { recursive: true });
  });
  beforeEach(async () => {
    plugin = await Plugin.start("github", { GITHUB_TOKEN: "good" });
    await plugin.configure({ owner: "home", baseUrl: github.baseUrl, writeDelayMs: "0", retryDelayMs: "10" });
  });
  afterEach(async () => {
    await plugin.stop();
    for (const { id } of store.webhooks()) store.removeWebhook(id);
  });

  test("create, diff, change in place, read, delete", async () => {
    const { active: _default, ...without } = inputs;
    const { inputs: checked } = await plugin.check(token, without);
    expect(checked["active"]).toBe(true);
    const preview = await plugin.create(token, checked, { preview: true });
    expect([preview.outputs["url"], preview.outputs["etag"]]).toStrictEqual([unknown, unknown]);
    expect(store.webhooks()).toStrictEqual([]);

    const { id, outputs } = await plugin.create(token, checked);
    const [hook] = store.webhooks();
    expect(id).toBe(String(hook?.id));
    expect([hook?.url, hook?.secret, hook?.events, hook?.insecureSsl]).toStrictEqual([
      url,
      "s3cret",
      ["push"],
      false,
    ]);
    expect(outputs["url"]).toBe(`${github.baseUrl}api/v3/repos/home/home-cluster/hooks/${id}`);
    expect(await plugin.diff(token, outputs, checked)).toStrictEqual({
      changes: false,
      replaces: [],
      names: [],
      hasPaths: true,
      detailed: {},
    });

    const configuration = { ...inputs.configuration, secret: "another" };
    const diff = await plugin.diff(token, outputs, { ...checked, configuration });
    expect([diff.changes, diff.replaces, Object.keys(diff.detailed)]).toStrictEqual([
      true,
      [],
      ["configuration.secret"],
    ]);
    const changed = await plugin.update(token, id, outputs, { ...checked, configuration });
    expect(store.webhooks()[0]?.secret).toBe("another");
    expect(await plugin.diff(token, changed, { ...checked, configuration })).toStrictEqual({
      changes: false,
      replaces: [],
      names: [],
      hasPaths: true,
      detailed: {},
    });
    expect((await plugin.diff(token, outputs, { ...checked, repository: "other" })).replaces).toStrictEqual([
      "repository",
    ]);

    // GitHub shows no secret: the state remembers it.
    const read = await plugin.read(token, id, changed, { ...checked, configuration });
    expect(store.webhooks().length).toBe(1);
    expect(read.outputs).toStrictEqual(changed);
    await plugin.delete(token, id, changed);
    expect(store.webhooks()).toStrictEqual([]);
    expect((await plugin.read(token, id, changed, checked)).id).toBe("");
  });

  test("url and secret of the configuration are secrets, the rest is not", async () => {
    const given = {
      ...inputs,
      configuration: { ...inputs.configuration, url: secret(url), secret: secret("s") },
    };
    for (const preview of [true, false]) {
      const { outputs } = await plugin.create(token, given, { preview });
      const configuration = outputs["configuration"] as Wire;
      expect(revealed(configuration["url"])).toBe(url);
      expect(revealed(configuration["secret"])).toBe("s");
      expect([configuration["contentType"], configuration["insecureSsl"]]).toStrictEqual(["json", false]);
    }
  });

  test("import by repository and number, without the secret; other ids are refused", async () => {
    const { id } = await plugin.create(token, inputs);
    const found = await plugin.read(token, `home-cluster/${id}`);
    expect(found.id).toBe(id);
    expect(revealed((found.inputs["configuration"] as Wire)["secret"])).toBe("********");
    await expect(plugin.read(token, id)).rejects.toThrow(
      /invalid ID specified: supplied ID must be written as <repository>\/<webhook_id>/,
    );
  });

  test("a second one of the same URL, a missing right, a missing repository: GitHub's own words", async () => {
    await plugin.create(token, inputs);
    await assert.rejects(plugin.create(token, inputs), (error: Error) => {
      expect(error.message).toBe(
        `1 error occurred:\n\t* POST ${github.baseUrl}api/v3/repos/home/home-cluster/hooks: 422 Validation Failed [{Resource:Hook Field: Code:custom Message:Hook already exists on this repository}]\n\n`,
      );
      return true;
    });
    await expect(plugin.create(token, { ...inputs, repository: "nope" })).rejects.toThrow(
      /hooks: 404 Not Found \[\]/,
    );
    await github.setFault("no-webhooks", true);
    await expect(plugin.create(token, inputs)).rejects.toThrow(
      /403 Resource not accessible by personal access token \[\]/,
    );
    await github.setFault("no-webhooks", false);
  });
});
