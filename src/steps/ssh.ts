// Asks a Git host over SSH, with the user's own `git` and `ssh` but none of his settings: only the pinned host keys count, no
// key but the given one is shown, and nobody is asked for anything.
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { run } from "./run.ts";
import type { Step } from "./step.ts";
import { SiteDownError, StepError } from "./stepError.ts";

/** Where a repository lies. */
export interface GitRemote {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Path as Git sends it, e.g. `/home/home-cluster.git`. */
  readonly path: string;
  /** Lines of a known_hosts file. */
  readonly knownHosts: readonly string[];
}

/** Who asks: a step, or anybody else with a place for secret files. */
export type GitOwner = Pick<Step, "secretFile" | "signal">;

/** What came of it, as far as it got. */
interface Answer {
  /** Fingerprint of the key that the host has shown, e.g. `SHA256:+DiY3w…`; undefined when it showed none. */
  readonly hostKey: string | undefined;
  readonly isPinned: boolean;
  readonly isLoggedIn: boolean;
  /** Why ssh gave up; empty when it did not. */
  readonly reason: string;
  /** What `git ls-remote` has listed, and what it or the host said besides. */
  readonly refs: string;
  readonly error: string;
}

const connectSeconds = 15;

/** Takes an `ssh://user@host[:port]/path` URL apart. Config has checked it. */
export function gitRemote(url: string, knownHosts: readonly string[]): GitRemote {
  const { hostname, port, username, pathname } = new URL(url);
  return {
    host: hostname,
    port: Number(port === "" ? 22 : port),
    user: username === "" ? "git" : username,
    path: pathname,
    knownHosts,
  };
}

/**
 * Compares the host's key with the pinned ones, without logging in.
 * @returns its fingerprint
 * @throws StepError when the host does not answer or shows another key
 */
export async function checkHostKey(owner: GitOwner, remote: GitRemote): Promise<string> {
  // The login that follows fails without a key; getting that far means that the host key was right.
  return trustedKey(remote, await listRefs(owner, remote));
}

/**
 * The commit a branch points to, read with a deploy key.
 * @throws StepError with `refused` in its message when the host does not accept the key; also for a missing repository or branch
 */
export async function readBranch(
  owner: GitOwner,
  remote: GitRemote,
  branch: string,
  privateKey: string,
): Promise<string> {
  const ref = `refs/heads/${branch}`;
  const answer = await listRefs(owner, remote, { ref, privateKey });
  trustedKey(remote, answer);
  const { isLoggedIn, reason, refs, error } = answer;
  const { host, path } = remote;
  if (!isLoggedIn)
    throw new StepError(
      `${host} refused the deploy key for ${path}: ${reason || "login failed"}`,
      "look whether the deploy key is still listed in the repository's settings; npm run up -- --refresh registers a missing one again",
    );
  const commit = refs
    .split("\n")
    .map((line) => line.split("\t"))
    .find(([, name]) => name === ref)?.[0];
  if (commit !== undefined) return commit;
  if (error === "")
    throw new StepError(`${path} on ${host} has no branch ${branch}`, `push the cluster's tree to ${branch}`);
  throw new StepError(
    `${path} on ${host}: ${error}`,
    "check github.owner and github.repository in the stack config",
  );
}

async function listRefs(
  owner: GitOwner,
  { user, host, port, path, knownHosts }: GitRemote,
  login?: { readonly ref: string; readonly privateKey: string },
): Promise<Answer> {
  const log = owner.secretFile("ssh.log", "");
  const options = {
    BatchMode: "yes",
    StrictHostKeyChecking: "yes",
    UserKnownHostsFile: owner.secretFile("known_hosts", `${knownHosts.join("\n")}\n`),
    GlobalKnownHostsFile: "none",
    UpdateHostKeys: "no",
    IdentityAgent: "none",
    IdentitiesOnly: "yes",
    IdentityFile:
      login === undefined ? "none" : owner.secretFile("deploy-key", `${login.privateKey.trim()}\n`),
    PreferredAuthentications: login === undefined ? "none" : "publickey",
    ConnectTimeout: String(connectSeconds),
    // Says which key the host shows and how far it got; a refusal and a wrong host key end with the same exit code.
    LogLevel: "DEBUG1",
  };
  const words = Object.entries(options).map(([name, value]) => `-o '${name}="${value}"'`);
  const url = `ssh://${user}@${host}:${String(port)}${path}`;
  const { code, stdout, stderr } = await run("git", ["ls-remote", "--", url, login?.ref ?? "HEAD"], {
    timeoutSeconds: 2 * connectSeconds,
    signal: owner.signal,
    env: {
      GIT_SSH_COMMAND: `ssh -F none -E '${log}' ${words.join(" ")}`,
      GIT_SSH_VARIANT: "ssh",
      // No settings of this computer, its user or a repository around this folder: one could lead to another host.
      HOME: dirname(log),
      XDG_CONFIG_HOME: dirname(log),
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_DIR: dirname(log),
      LC_ALL: "C",
    },
  });
  if (code === -2 || /\bssh: (command )?not found/.test(stderr))
    throw new StepError(
      code === -2 ? stderr : "ssh is not on PATH",
      "install Git and OpenSSH's client and run pulumi up again",
    );
  return judged(readFileSync(log, "utf8"), stdout, stderr);
}

/** Reads what ssh has done out of its log. Source: openssh-portable V_9_2_P1 sshconnect.c, sshconnect2.c. */
function judged(log: string, refs: string, stderr: string): Answer {
  const said = log.split(/\r?\n/).filter((line) => line !== "" && !/^(debug1: |OpenSSH_)/.test(line));
  const isLoggedIn = log.includes("Authenticated to ");
  const [error = ""] = stderr.split("fatal: Could not read from remote repository");
  return {
    hostKey: /^debug1: Server host key: \S+ (\S+)/m.exec(log)?.[1],
    isPinned: /^debug1: Host '.*' is known and matches the /m.test(log),
    isLoggedIn,
    reason: isLoggedIn ? "" : (said.at(-1) ?? stderr.trim()),
    refs,
    error: (error.trim() || stderr).trim(),
  };
}

function trustedKey({ host, port }: GitRemote, { hostKey, isPinned, reason }: Answer): string {
  const name = `${host}:${String(port)}`;
  if (hostKey === undefined)
    throw new SiteDownError(
      `the Git host ${name} does not answer: ${reason || "no SSH server"}`,
      "check git.url in the stack config and that this computer can reach the host",
    );
  if (isPinned) return hostKey;
  throw new StepError(
    `the Git host ${name} shows the key ${hostKey}, which git.knownHosts does not pin`,
    `compare it with the fingerprints that the host publishes; if it is right, add the line of: ssh-keyscan -p ${String(port)} ${host}`,
  );
}
