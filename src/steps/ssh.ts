// Asks a Git host over SSH, with the user's own `git` and `ssh` but none of his settings: only the pinned host keys count, no
// key but the given one is shown, and nobody is asked for anything.
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { run } from "./run.ts";
import type { Step } from "./step.ts";
import { SiteDownError, StepError } from "./stepError.ts";

/** Where a repository lies: the parts of its URL, and lines of a known_hosts file. */
export interface GitRemote {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** As Git sends it, e.g. `/home/home-cluster.git`. */
  readonly path: string;
  readonly knownHosts: readonly string[];
}

/** Who asks: a step, or anybody else with a place for secret files. */
export type GitOwner = Pick<Step, "secretFile" | "signal">;

const connectSeconds = 15;

/** Takes an `ssh://user@host[:port]/path` URL apart. Config has checked it. */
export function gitRemote(url: string, knownHosts: readonly string[]): GitRemote {
  const { hostname: host, port, username, pathname: path } = new URL(url);
  return { host, port: Number(port || 22), user: username || "git", path, knownHosts };
}

/**
 * Compares the host's key with the pinned ones, without logging in.
 * @returns its fingerprint, e.g. `SHA256:+DiY3w…`
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
  const commit = refs.find(([, name]) => name === ref)?.[0];
  if (commit !== undefined) return commit;
  if (error === "")
    throw new StepError(`${path} on ${host} has no branch ${branch}`, `push the cluster's tree to ${branch}`);
  throw new StepError(
    `${path} on ${host}: ${error}`,
    "check github.owner and github.repository in the stack config",
  );
}

type Answer = Awaited<ReturnType<typeof listRefs>>;

/** Runs `git ls-remote`, and reads what ssh has done out of its log, as far as it got. */
async function listRefs(
  owner: GitOwner,
  { user, host, port, path, knownHosts }: GitRemote,
  { ref, privateKey }: { readonly ref: string; readonly privateKey?: string } = { ref: "HEAD" },
) {
  const file = owner.secretFile("ssh.log", "");
  const isLogin = privateKey !== undefined;
  const options = {
    BatchMode: "yes",
    StrictHostKeyChecking: "yes",
    UserKnownHostsFile: owner.secretFile("known_hosts", `${knownHosts.join("\n")}\n`),
    GlobalKnownHostsFile: "none",
    UpdateHostKeys: "no",
    IdentityAgent: "none",
    IdentitiesOnly: "yes",
    IdentityFile: isLogin ? owner.secretFile("deploy-key", `${privateKey.trim()}\n`) : "none",
    PreferredAuthentications: isLogin ? "publickey" : "none",
    ConnectTimeout: String(connectSeconds),
    // Says which key the host shows and how far it got; a refusal and a wrong host key end with the same exit code.
    LogLevel: "DEBUG1",
  };
  const words = Object.entries(options).map(([name, value]) => `-o '${name}="${value}"'`);
  const url = `ssh://${user}@${host}:${port}${path}`;
  // No settings of this computer, its user or a repository around this folder: one could lead to another host.
  const nowhere = dirname(file);
  const { code, stdout, stderr } = await run("git", ["ls-remote", "--", url, ref], {
    timeoutSeconds: 2 * connectSeconds,
    signal: owner.signal,
    env: {
      GIT_SSH_COMMAND: `ssh -F none -E '${file}' ${words.join(" ")}`,
      GIT_SSH_VARIANT: "ssh",
      HOME: nowhere,
      XDG_CONFIG_HOME: nowhere,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_DIR: nowhere,
      LC_ALL: "C",
    },
  });
  if (code === -2 || /\bssh: (command )?not found/.test(stderr))
    throw new StepError(
      code === -2 ? stderr : "ssh is not on PATH",
      "install Git and OpenSSH's client and run pulumi up again",
    );
  // Source of the words: openssh-portable V_9_2_P1 sshconnect.c, sshconnect2.c.
  const log = readFileSync(file, "utf8");
  const said = log.split(/\r?\n/).filter((line) => line !== "" && !/^(debug1: |OpenSSH_)/.test(line));
  const isLoggedIn = log.includes("Authenticated to ");
  const [error = ""] = stderr.split("fatal: Could not read from remote repository");
  return {
    /** Fingerprint of the key that the host has shown; undefined when it showed none. */
    hostKey: /^debug1: Server host key: \S+ (\S+)/m.exec(log)?.[1],
    isPinned: /^debug1: Host '.*' is known and matches the /m.test(log),
    isLoggedIn,
    /** Why ssh gave up; empty when it did not. */
    reason: isLoggedIn ? "" : (said.at(-1) ?? stderr.trim()),
    /** Pairs of commit and name. */
    refs: stdout.split("\n").map((line) => line.split("\t")),
    /** What git or the host said besides. */
    error: (error.trim() || stderr).trim(),
  };
}

function trustedKey({ host, port }: GitRemote, { hostKey, isPinned, reason }: Answer): string {
  const name = `${host}:${port}`;
  if (hostKey === undefined)
    throw new SiteDownError(
      `the Git host ${name} does not answer: ${reason || "no SSH server"}`,
      "check git.url in the stack config and that this computer can reach the host",
    );
  if (isPinned) return hostKey;
  throw new StepError(
    `the Git host ${name} shows the key ${hostKey}, which git.knownHosts does not pin`,
    `compare it with the fingerprints that the host publishes; if it is right, add the line of: ssh-keyscan -p ${port} ${host}`,
  );
}
