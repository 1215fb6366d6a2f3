import { describe, expect, it } from "@jest/globals";
import { gitRemote, parseRefs } from "../../src/steps/ssh.ts";

function packet(line: string): string {
  return (line.length + 4).toString(16).padStart(4, "0") + line;
}

describe("parseRefs", () => {
  it("reads commits and names, with and without capabilities", () => {
    const a = "a".repeat(40);
    const b = "b".repeat(40);
    const text = `${packet(`${a} HEAD\0multi_ack agent=git/2\n`)}${packet(`${b} refs/heads/main\n`)}0000`;
    expect([...parseRefs(text)]).toStrictEqual([
      ["HEAD", a],
      ["refs/heads/main", b],
    ]);
  });

  it("stops at text that is no packet", () => {
    expect(parseRefs("ERROR: Repository not found.").size).toBe(0);
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
