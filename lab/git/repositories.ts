// The bare repositories of the lab's Git host, `<root>/<owner>/<repository>.git`, served by the real git.
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { GitCommand } from "./command.ts";

/** Path of a bare repository. */
export function repositoryPath(root: string, owner: string, repository: string): string {
  return join(root, owner, `${repository}.git`);
}

/** Whether there is one. */
export function repositoryExists(root: string, owner: string, repository: string): boolean {
  return existsSync(join(repositoryPath(root, owner, repository), "HEAD"));
}

/** Makes an empty bare repository with HEAD on `main`; leaves one that is there alone. */
export async function createRepository(root: string, owner: string, repository: string): Promise<void> {
  if (repositoryExists(root, owner, repository)) return;
  const path = repositoryPath(root, owner, repository);
  await mkdir(path, { recursive: true });
  // No template: the hooks a user may have there are not GitHub's.
  const child = spawn("git", ["init", "--quiet", "--bare", "--template=", path], {
    env: gitEnvironment(root),
    stdio: ["ignore", "ignore", "pipe"],
  });
  let complaint = "";
  child.stderr.on("data", (data: Buffer) => (complaint += data.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code === 0) return;
  await rm(path, { recursive: true, force: true });
  throw new Error(`git init of ${path} failed: ${complaint.trim()}`);
}

/** Starts git's own program for a command. `protocol` is the client's GIT_PROTOCOL, e.g. `version=2`. */
export function serveCommand(
  root: string,
  command: GitCommand,
  protocol: string | undefined,
): ChildProcessWithoutNullStreams {
  return spawn("git", [command.service, repositoryPath(root, command.owner, command.repository)], {
    env: { ...gitEnvironment(root), ...(protocol === undefined ? {} : { GIT_PROTOCOL: protocol }) },
    stdio: ["pipe", "pipe", "pipe"],
  });
}

/**
 * Nothing of the user's own Git: no configuration, no hooks, no credential helpers. What GitHub allows beyond git's
 * defaults (any commit by its id, partial clones) is set here.
 */
export function gitEnvironment(root: string): NodeJS.ProcessEnv {
  const settings = [
    ["init.defaultBranch", "main"],
    ["safe.directory", "*"],
    ["uploadpack.allowAnySHA1InWant", "true"],
    ["uploadpack.allowFilter", "true"],
    ["receive.fsckObjects", "true"],
    ["gc.auto", "0"],
  ] as const;
  const environment: NodeJS.ProcessEnv = {
    PATH: process.env["PATH"],
    HOME: root,
    LC_ALL: "C",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_COUNT: String(settings.length),
  };
  settings.forEach(([key, value], index) => {
    environment[`GIT_CONFIG_KEY_${String(index)}`] = key;
    environment[`GIT_CONFIG_VALUE_${String(index)}`] = value;
  });
  return environment;
}
