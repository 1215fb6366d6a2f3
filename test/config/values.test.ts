import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createHmac } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { resolveGit } from "../../src/config/gitRemote.ts";
import { githubHostKeys } from "../../src/config/githubHostKeys.ts";
import { contains, networkAddress, overlap } from "../../src/config/ip.ts";
import { checkStack } from "../../src/config/parseConfig.ts";
import { resolvePath } from "../../src/config/paths.ts";
import { describeProblems, show } from "../../src/config/problem.ts";
import { nearest } from "../../src/config/suggest.ts";
import { parseGitUrl } from "../../src/config/urlFields.ts";
import { pathText } from "../../src/config/walk.ts";
import { readFixture } from "./fixture.ts";

const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

describe("IPv4 networks", () => {
  it("contain their first and last address and nothing beyond", () => {
    expect(
      ["192.0.2.0", "192.0.2.255", "192.0.3.0", "192.0.1.255", "host"].map((address) =>
        contains("192.0.2.0/24", address),
      ),
    ).toStrictEqual([true, true, false, false, false]);
    expect(contains("0.0.0.0/0", "255.255.255.255")).toBeTruthy();
  });

  it("overlap when one lies in the other", () => {
    expect(overlap("10.0.0.0/8", "10.244.0.0/16")).toBeTruthy();
    expect(overlap("10.244.0.0/16", "10.0.0.0/8")).toBeTruthy();
    expect(!overlap("10.96.0.0/12", "10.112.0.0/12")).toBeTruthy();
  });

  it("know their address without host bits", () => {
    expect(networkAddress("192.0.2.130/25")).toBe("192.0.2.128/25");
    expect(networkAddress("192.0.2.1/33")).toBe(undefined);
    expect(networkAddress("192.0.2.1")).toBe(undefined);
  });
});

describe("nearest", () => {
  it("suggests only what is near", () => {
    expect(nearest("talosContrct", ["name", "talosContract"])).toBe("talosContract");
    expect(nearest("control-plane", ["controlplane", "worker"])).toBe("controlplane");
    expect(nearest("colour", ["name", "role"])).toBe(undefined);
  });
});

describe("values in messages", () => {
  it("never show what looks like a key or a token", () => {
    for (const secret of [
      "AGE-SECRET-KEY-1ABC",
      "-----BEGIN EC PRIVATE KEY-----",
      "ghp_0123",
      "github_pat_0",
      "https://me:pw@git.example.com/a",
    ])
      expect(show({ deep: [secret] })).toBe("[something secret]");
  });

  it("are cut when they are long", () => {
    expect(show("x".repeat(100)).length).toBe(81);
  });

  it("have a path as people write it", () => {
    expect(pathText(["nodes", 1, "patches", 0])).toBe("nodes[1].patches[0]");
  });
});

describe("paths", () => {
  it("start at the home directory, the root or the project", () => {
    const base = { home: "/home/me", projectRoot: "/project" };
    expect(["~/a", "~", "/b", "c/d", "../e"].map((path) => resolvePath(path, base))).toStrictEqual([
      "/home/me/a",
      "/home/me",
      "/b",
      "/project/c/d",
      "/e",
    ]);
  });
});

describe("Git remote", () => {
  it("is taken apart", () => {
    expect(parseGitUrl("ssh://git@git.example.com:2222/home/home-cluster.git")).toStrictEqual({
      host: "git.example.com",
      port: 2222,
      repository: "home/home-cluster",
    });
  });

  it("is refused with a password, without a user, or with another protocol", () => {
    for (const url of ["ssh://git:pw@host/a", "ssh://host/a", "git://git@host/a", "ssh://git@host/", "host"])
      expect(parseGitUrl(url)).toBe(undefined);
  });

  it("has github.com's keys by default, and the stack's instead where there are some", () => {
    const input = { url: "ssh://git@github.com/home/home-cluster.git", urlPath: "git.url", branch: "main" };
    const byDefault = resolveGit({ ...input, knownHosts: [] });
    const own = resolveGit({ ...input, knownHosts: [`github.com ${key}`] });
    expect("todo" in byDefault ? byDefault : byDefault.knownHosts).toStrictEqual(githubHostKeys);
    expect("todo" in own ? own : own.knownHosts).toStrictEqual([`github.com ${key}`]);
  });

  it("is pinned by a hashed line too", () => {
    const salt = Buffer.from("0123456789abcdefghij");
    const hash = createHmac("sha1", salt).update("[git.example.com]:2222").digest("base64");
    const line = `|1|${salt.toString("base64")}|${hash} ${key}`;
    const input = { urlPath: "git.url", branch: "main", knownHosts: [line] };
    assert.ok("host" in resolveGit({ ...input, url: "ssh://git@git.example.com:2222/a.git" }));
    assert.ok("todo" in resolveGit({ ...input, url: "ssh://git@git.example.com/a.git" }));
  });

  it("knows github.com by the fingerprints that GitHub publishes", () => {
    const fingerprint = (key: Buffer): string =>
      `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
    expect(
      githubHostKeys.map((line) => fingerprint(Buffer.from(line.split(" ")[2] ?? "", "base64"))),
    ).toStrictEqual([
      "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU",
      "SHA256:p2QAMXNIC1TJYWeIOttrVc98/R1BUFWu3/LiyKgUfQM",
      "SHA256:uNiVztksCsDhcc0u9e8BujQXVUpKZIDTMczCvj3tD2s",
    ]);
  });
});

describe("checkStack", () => {
  it("needs no file, and counts in the first line", () => {
    const { values } = readFixture("valid/base.yaml");
    assert.ok(checkStack(values).config);
    const one = checkStack({ ...values, protect: "no" });
    assert.ok(one.config === undefined);
    expect(describeProblems("home", one.problems)).toBe(
      "Pulumi.home.yaml: 1 problem\n  protect: no is neither true nor false → write true or false",
    );
    const two = checkStack({ ...values, protect: "no", tree: 1 });
    assert.ok(two.config === undefined);
    assert.ok(describeProblems("attic", two.problems).startsWith("Pulumi.attic.yaml: 2 problems\n"));
  });

  it("accepts the host keys it ships", () => {
    const { values } = readFixture("valid/base.yaml");
    assert.ok(checkStack({ ...values, git: { knownHosts: githubHostKeys } }).config);
  });
});
