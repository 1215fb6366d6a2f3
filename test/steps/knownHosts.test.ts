import { createHmac } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { knownHostsName, pinnedKeys } from "../../src/steps/knownHosts.ts";

const key = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

describe("pinnedKeys", () => {
  it("takes the keys of lines that name the host", () => {
    expect(
      pinnedKeys([`github.com,140.82.121.3 ssh-ed25519 ${key}`, `other ssh-ed25519 AAAA`], "github.com", 22),
    ).toStrictEqual([key]);
  });

  it("writes another port than 22 in brackets", () => {
    expect(knownHostsName("127.0.0.1", 2222)).toBe("[127.0.0.1]:2222");
    expect(pinnedKeys([`[127.0.0.1]:2222 ssh-ed25519 ${key}`], "127.0.0.1", 2222)).toStrictEqual([key]);
    expect(pinnedKeys([`127.0.0.1 ssh-ed25519 ${key}`], "127.0.0.1", 2222)).toStrictEqual([]);
  });

  it("understands hashed names", () => {
    const salt = Buffer.from("0123456789abcdefghij");
    const hash = createHmac("sha1", salt).update("github.com").digest("base64");
    const line = `|1|${salt.toString("base64")}|${hash} ssh-ed25519 ${key}`;
    expect(pinnedKeys([line], "github.com", 22)).toStrictEqual([key]);
    expect(pinnedKeys([line], "gitlab.com", 22)).toStrictEqual([]);
  });

  it("ignores comments and markers", () => {
    expect(
      pinnedKeys(["# github.com", `@revoked github.com ssh-ed25519 ${key}`, ""], "github.com", 22),
    ).toStrictEqual([]);
  });
});
