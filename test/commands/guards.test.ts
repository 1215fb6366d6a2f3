import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { refreshes, refuseBadToken, refuseProtected } from "../../commands/guards.ts";
import { deployKeyType, webhookType } from "../../src/config/deployKeys.ts";
import type { StackState, StateResource } from "../../commands/pulumi/state.ts";
import { startGithub, type Github } from "../../lab/github/api.ts";
import { openGithubStore } from "../../lab/github/store.ts";

const stateOf = (resources: readonly StateResource[]): StackState => ({
  version: 3,
  deployment: { resources },
});

describe("destroy", () => {
  const resource = (protect: boolean): StateResource => ({ urn: "urn:x", type: "x", protect });

  it("is refused while anything of the stack is protected, with the way to lift it", () => {
    expect(() => {
      refuseProtected("home", stateOf([resource(false), resource(true)]));
    }).toThrow(
      expect.objectContaining({
        message: "stack home is protected: nothing has been destroyed",
        todo: expect.stringMatching(
          /^set protect: false in Pulumi\.home\.yaml, run npm run up, .*, then npm run destroy$/,
        ),
      }),
    );
  });
  it("goes on when nothing is", () => {
    refuseProtected("home", stateOf([resource(false)]));
    refuseProtected("home", stateOf([]));
  });
});

describe("a refresh", () => {
  const rows: readonly (readonly [verb: string, args: readonly string[], expected: boolean])[] = [
    ["refresh", [], true],
    ["up", ["--refresh"], true],
    ["up", ["--yes", "--refresh=true"], true],
    ["preview", ["--refresh=1"], true],
    ["up", ["-r"], true],
    ["destroy", ["-yr"], true],
    ["up", ["--refresh=false"], false],
    ["up", ["--yes", "--skip-preview"], false],
    // The name of a stack.
    ["up", ["-srancher"], false],
  ];
  for (const [verb, args, expected] of rows)
    it(`${expected ? "is" : "is not"} asked for by ${[verb, ...args].join(" ")}`, () => {
      expect(refreshes(verb, args)).toBe(expected);
    });
});

describe("a token for a refresh", () => {
  let folder: string;
  let github: Github;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "guards-"));
    github = await startGithub({
      address: "127.10.205.59",
      port: 3080,
      token: "right",
      login: "home",
      store: openGithubStore(join(folder, "github.json")),
      repositories: { exists: () => true, sshUrl: () => "ssh://git@host/x.git" },
      send: () => Promise.resolve(200),
      log: () => undefined,
    });
  });
  afterAll(async () => {
    await github.stop();
    rmSync(folder, { recursive: true });
  });

  const inputs = { repository: "cluster" };
  const provider = (): StateResource => ({
    urn: "urn:p",
    type: "pulumi:providers:github",
    inputs: { owner: "home", baseUrl: github.baseUrl },
  });
  const withBoth = (): StackState =>
    stateOf([
      provider(),
      { urn: "urn:k", type: deployKeyType, inputs },
      { urn: "urn:h", type: webhookType, inputs },
    ]);
  const refused = async (token: string, message: RegExp, todo: RegExp): Promise<void> => {
    await assert.rejects(refuseBadToken(withBoth(), token), { message, todo });
  };

  it("is taken when GitHub shows it deploy keys and webhooks", async () => {
    await refuseBadToken(withBoth(), "right");
  });
  it("is refused when there is none, before anything is dropped", async () => {
    await refused(
      "",
      /^GITHUB_TOKEN is not set$/,
      /^nothing has been refreshed: .*Administration: read and write/,
    );
  });
  it("is refused when GitHub refuses it", async () => {
    await refused(
      "wrong",
      /GitHub answers HTTP 401 Bad credentials for repos\/home\/cluster\/keys$/,
      /^nothing/,
    );
  });
  it("is refused when it may not see one of them", async () => {
    await github.setFault("no-webhooks", true);
    await refused(
      "right",
      /HTTP 403 .* for repos\/home\/cluster\/hooks$/,
      /^nothing .*Webhooks: read and write/,
    );
    await github.setFault("no-webhooks", false);
  });
  it("does not matter where the state holds neither", async () => {
    await refuseBadToken(stateOf([provider()]), "");
  });
});
