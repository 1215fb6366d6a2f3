import { expect, test } from "@jest/globals";
import { parseGitCommand } from "../../../lab/git/command.ts";
import { parseSshArguments } from "../../../lab/git/sshClient.ts";

const homeCluster = { owner: "home", repository: "home-cluster" };

test.each([
  "git-upload-pack '/home/home-cluster.git'",
  "git-upload-pack '/home/home-cluster'",
  "git-upload-pack 'home/home-cluster.git'",
  "git-upload-pack home/home-cluster.git",
  "git upload-pack '/home/home-cluster.git/'",
])("understands %s", (line) => {
  expect(parseGitCommand(line)).toStrictEqual({ service: "upload-pack", ...homeCluster });
});

test("understands a push", () => {
  expect(parseGitCommand("git-receive-pack 'home/home-cluster'")).toStrictEqual({
    service: "receive-pack",
    ...homeCluster,
  });
});

test.each([
  "ls /",
  "git-upload-pack '/etc'",
  "git-upload-pack '/home/../secrets'",
  "git-upload-pack 'home/..'",
  "git-upload-pack '/a/b/c.git'",
  "git-upload-pack '/home/home-cluster.git'; rm -rf /",
  "git-shell -c x",
])("does not run %s", (line) => {
  expect(parseGitCommand(line)).toBe(undefined);
});

test("reads the arguments that git gives to ssh", () => {
  const words = [
    "-o",
    "SendEnv=GIT_PROTOCOL",
    "-p",
    "2222",
    "git@127.10.1.2",
    "git-upload-pack '/home/x.git'",
  ];
  expect(parseSshArguments(words)).toStrictEqual({
    host: "127.10.1.2",
    port: 2222,
    user: "git",
    command: "git-upload-pack '/home/x.git'",
    sendsProtocol: true,
  });
});
