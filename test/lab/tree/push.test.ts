import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { ensureAgeKey } from "../../../lab/tree/age.ts";
import { pushTree, type PushResult } from "../../../lab/tree/push.ts";

describe("bringing the tree to the lab's Git host", () => {
  let root: string;
  const at = (path: string): string => join(root, path);
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), "home-ops-push-"));
    mkdirSync(at("cluster"));
    writeFileSync(at("cluster/a.yaml"), "a: 1\n");
    execFileSync("git", ["init", "--quiet", "--bare", at("remote")]);
    await ensureAgeKey(at("age.txt"));
  });
  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });

  const push = (onlyChanged: boolean): Promise<PushResult> =>
    pushTree({
      source: at("cluster"),
      checkout: at("repo"),
      ageKeyFile: at("age.txt"),
      sops: "/nonexistent",
      url: at("remote"),
      environment: {},
      onlyChanged,
    });
  /** A commit of the lab's owner in the checkout. */
  const commit = (text: string): void => {
    writeFileSync(at("repo/cluster/a.yaml"), text);
    const who = ["-c", "user.name=me", "-c", "user.email=me@home.example"];
    execFileSync("git", ["-C", at("repo"), ...who, "commit", "--quiet", "--all", "--message", "mine"]);
  };
  const remote = (): string =>
    execFileSync("git", ["-C", at("remote"), "show", "main:cluster/a.yaml"], { encoding: "utf8" });

  it("takes the source over, and commits only when something differs", async () => {
    const first = await push(true);
    expect(first.changed).toBe(true);
    expect(remote()).toBe("a: 1\n");
    expect(await push(true)).toStrictEqual({ changed: false, commit: first.commit });
  });

  it("leaves what was committed in the checkout while the source is the same", async () => {
    await push(true);
    commit("a: mine\n");
    expect((await push(true)).changed).toBe(true);
    expect(remote()).toBe("a: mine\n");
  });

  it("takes a source over that has changed since", async () => {
    await push(true);
    commit("a: mine\n");
    writeFileSync(at("cluster/a.yaml"), "a: 2\n");
    await push(true);
    expect(remote()).toBe("a: 2\n");
  });

  it("makes the checkout what the source is when it is asked for that", async () => {
    await push(true);
    commit("a: mine\n");
    await push(false);
    expect(remote()).toBe("a: 1\n");
    expect(readFileSync(at("repo/cluster/a.yaml"), "utf8")).toBe("a: 1\n");
  });

  it("leaves keys that were taken out of a cluster where they are: the home's here, the lab's there", async () => {
    for (const [tree, content] of [
      ["cluster", "home: ENC[]\n"],
      ["repo/cluster", "lab: ENC[]\n"],
    ] as const) {
      mkdirSync(at(`${tree}/bootstrap`), { recursive: true });
      writeFileSync(at(`${tree}/bootstrap/github-deploy-key.sops.yaml`), content);
    }
    await push(false);
    expect(readFileSync(at("repo/cluster/bootstrap/github-deploy-key.sops.yaml"), "utf8")).toBe(
      "lab: ENC[]\n",
    );
  });

  it("refuses a secret of the tree that only a home can read", async () => {
    writeFileSync(at("cluster/secret.sops.yaml"), "a: ENC[]\n");
    await expect(push(false)).rejects.toThrow(/secret\.sops\.yaml: encrypted to somebody else's key/);
  });
});
