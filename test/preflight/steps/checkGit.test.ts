// The check of the Git side on fakes of GitHub and of the Git host: what is asked, and what it stops.
import assert from "node:assert/strict";
import { beforeEach, describe, expect, it } from "@jest/globals";
import { checkGit } from "../../../src/preflight/steps/checkGit.ts";
import type { InputOf } from "../../../src/steps/contract.ts";
import type { GithubAccess, GithubAnswer } from "../../../src/steps/github.ts";
import { SiteDownError, type StepError } from "../../../src/steps/stepError.ts";
import type { checkGit as contract } from "../../../src/preflight/contracts.ts";
import { quietStep } from "../../fakes/clients.ts";

type Input = InputOf<typeof contract>;

const answer = (status: number, message: string, body?: unknown): GithubAnswer<unknown> => ({
  status,
  message,
  body,
});
const ok = (body: unknown): GithubAnswer<unknown> => answer(200, "", body);
const key = (id: number, title: string, text: string): object => ({ id, title, key: text });

/** GitHub's answers, by how the path ends behind the repository's. */
let github: Record<string, GithubAnswer<unknown> | Error>;
let host: string | Error;
/** What was asked, and of whom. */
let asked: string[];
beforeEach(() => {
  github = { "": ok({ permissions: { admin: true } }), hooks: ok([]), keys: ok([]) };
  host = "SHA256:abc";
  asked = [];
});

const ask = <T>({ token }: GithubAccess, path: string): Promise<GithubAnswer<T>> => {
  asked.push(`${token} ${path}`);
  const [, part = "", page = ""] = /^repos\/home\/x\/?(\w*)(?:.*&page=(\d+))?/.exec(path) ?? [];
  const given = github[`${part}${page}`] ?? github[part] ?? answer(404, "Not Found");
  return given instanceof Error ? Promise.reject(given) : Promise.resolve(given as GithubAnswer<T>);
};

async function check(change: Partial<Input> = {}): Promise<readonly [string, readonly string[]]> {
  const { step, lines } = quietStep();
  const input: Input = {
    github: { owner: "home", repository: "x" },
    git: { url: "ssh://git@192.0.2.2:2222/home/x.git", knownHosts: ["[192.0.2.2]:2222 x y"] },
    githubToken: "token",
    ...change,
  };
  const said = await checkGit(step, input, {
    ask,
    hostKey: (_owner, remote) => {
      asked.push(`${remote.host}:${String(remote.port)} ${remote.knownHosts.join()}`);
      return host instanceof Error ? Promise.reject(host) : Promise.resolve(host);
    },
  });
  return [said, lines];
}

async function refused(change: Partial<Input>, message: RegExp, todo: RegExp): Promise<void> {
  await assert.rejects(check(change), (error: StepError) => {
    expect(error.message).toMatch(message);
    expect(error.todo).toMatch(todo);
    return true;
  });
}

describe("the Git side", () => {
  it("is GitHub's answer to the token, and the key of the Git host", async () => {
    expect(await check()).toStrictEqual([
      "home/x is there, the token may register deploy keys, the Git host shows its pinned key SHA256:abc",
      [],
    ]);
    expect(asked).toStrictEqual(["token repos/home/x", "192.0.2.2:2222 [192.0.2.2]:2222 x y"]);
  });

  it("has webhooks where they are wanted, and no other cluster of the name while there is none", async () => {
    const [said] = await check({ webhookUrl: "https://x", clusterName: "home" });
    expect(said).toMatch(/the token may register deploy keys and sees webhooks/);
    expect(asked.slice(0, 3)).toStrictEqual([
      "token repos/home/x",
      "token repos/home/x/hooks?per_page=1",
      "token repos/home/x/keys?per_page=100&page=1",
    ]);
  });
});

describe("GitHub", () => {
  it.each<[string, GithubAnswer<unknown>, RegExp, RegExp]>([
    ["an expired token", answer(401, "Bad credentials"), /HTTP 401 Bad credentials/, /wrong or expired/],
    ["a token without rights", answer(403, "Forbidden"), /HTTP 403 Forbidden/, /check its access to home\/x/],
    ["a repository that is not there", answer(404, "Not Found"), /HTTP 404/, /create the repository home\/x/],
    [
      "who is no GitHub",
      answer(302, "Found"),
      /HTTP 302/,
      /no answer that a GitHub gives: check github\.baseUrl/,
    ],
    [
      "a token that may only read",
      ok({ permissions: { admin: false } }),
      /may read home\/x, but not administer it/,
      /Administration: read and write/,
    ],
  ])("refuses %s, whatever is there", async (_what, given, message, todo) => {
    github[""] = given;
    for (const established of [false, true]) await refused({ established }, message, todo);
    // The Git host is not asked any more.
    expect(asked).toStrictEqual(["token repos/home/x", "token repos/home/x"]);
  });

  it("refuses a token that may not see webhooks or deploy keys", async () => {
    github["hooks"] = answer(404, "Not Found");
    await refused(
      { webhookUrl: "https://x" },
      /may not register a webhook on home\/x: HTTP 404/,
      /Webhooks:/,
    );
    github["keys"] = answer(403, "Resource not accessible");
    await refused(
      { clusterName: "home" },
      /may not see the deploy keys of home\/x: HTTP 403/,
      /Administration/,
    );
  });

  it("is not asked without a token: that is a reason to stop only before there is a cluster", async () => {
    await refused(
      { githubToken: undefined },
      /GITHUB_TOKEN is not set: the deploy key cannot be registered/,
      /export GITHUB_TOKEN with a fine-grained token for home\/x/,
    );
    const [said] = await check({ githubToken: undefined, established: true });
    expect(said).toMatch(/^GITHUB_TOKEN is not set, GitHub was not asked, the Git host shows/);
    expect(asked.filter((what) => what.includes("repos"))).toStrictEqual([]);
  });

  it.each<[string, GithubAnswer<unknown> | Error, RegExp, RegExp]>([
    ["a problem of its own", answer(503, "Unavailable"), /HTTP 503 Unavailable/, /see its status page/],
    ["too many questions", answer(429, "slow down"), /HTTP 429 slow down/, /rate limit is used up/],
    ["its rate limit", answer(403, "API rate limit exceeded"), /HTTP 403 API rate/, /rate limit is used up/],
    [
      "no answer",
      new Error("fetch failed", { cause: new Error("connect ECONNREFUSED") }),
      /GitHub \(api\.github\.com\) does not answer: connect ECONNREFUSED/,
      /check the network of this computer/,
    ],
  ])("that has %s stops a first run, and only warns later ones", async (_what, given, message, todo) => {
    github[""] = given;
    await refused({}, message, todo);
    const [said, lines] = await check({ established: true });
    expect(said).toBe("the Git host shows its pinned key SHA256:abc");
    expect(lines.length).toBe(1);
    expect(lines[0]).toMatch(/^warning: .*; this run goes on, since the cluster is there already$/);
    expect(lines[0]).toMatch(message);
  });
});

describe("another cluster of this name", () => {
  const mine = "ssh-ed25519 AAAAmine";
  it("is refused by a deploy key that this stack has not made, on whichever page it is", async () => {
    const others = Array.from({ length: 100 }, (_, id) =>
      key(id, "home-ops: attic", `ssh-ed25519 A${String(id)}`),
    );
    github["keys1"] = ok(others);
    github["keys2"] = ok([key(7, "home-ops: home", "ssh-ed25519 AAAAother")]);
    await refused(
      { clusterName: "home", ownKeys: [mine] },
      /home\/x has the deploy key 7 "home-ops: home" already, and this stack has not made it/,
      /nothing has been made; give this cluster another cluster\.name/,
    );
    expect(asked.slice(1).map((what) => what.split("&").at(-1))).toStrictEqual(["page=1", "page=2"]);
  });

  it("is not what a first run that failed has registered, whatever stands behind the key", async () => {
    github["keys"] = ok([key(7, "home-ops: home", `${mine} comment`)]);
    expect((await check({ clusterName: "home", ownKeys: [`${mine}\n`] }))[0]).toMatch(/^home\/x is there/);
  });
});

describe("the Git host", () => {
  it("stops every run with another key, and only the first when it is down", async () => {
    host = new SiteDownError("the Git host 192.0.2.2:2222 does not answer", "check git.url");
    await refused({}, /does not answer/, /check git\.url/);
    const [said, lines] = await check({ established: true });
    expect(said).toBe("home/x is there, the token may register deploy keys");
    expect(lines[0]).toMatch(/^warning: the Git host .* does not answer; this run goes on/);
    host = new Error("shows another key");
    for (const established of [false, true])
      await expect(check({ established })).rejects.toThrow("another key");
  });

  it("is down together with GitHub: then nobody could be asked", async () => {
    host = new SiteDownError("down", "x");
    github[""] = new Error("down");
    const [said, lines] = await check({ established: true });
    expect([said, lines.length]).toStrictEqual(["nobody could be asked", 2]);
  });
});
