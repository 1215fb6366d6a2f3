// Speaks to a Git host over SSH: checks its key against the pinned ones and reads the head of a branch. In this process
// (ssh2), so that the private key needs no file and a refusal can be told apart from a wrong host key.
import { Client, type ConnectConfig } from "ssh2";
import { fingerprint, pinnedKeys } from "./knownHosts.ts";
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

const connectTimeoutMs = 15_000;

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
 * Connects without logging in and compares the host's key with the pinned ones.
 * @throws StepError when the host does not answer or shows another key
 */
export async function checkHostKey(remote: GitRemote): Promise<string> {
  const verdict = await connect(remote, { username: remote.user });
  verdict.client?.end();
  // Logging in without a key must fail; getting that far means that the host key was right.
  if (verdict.hostKey === undefined || !verdict.trusted) throw hostError(remote, verdict);
  return fingerprint(verdict.hostKey);
}

/**
 * The commit a branch points to, read with a deploy key.
 * @throws StepError with `refused` in its message when the host does not accept the key; also for a missing repository or branch
 */
export async function readBranch(remote: GitRemote, branch: string, privateKey: string): Promise<string> {
  const verdict = await connect(remote, { username: remote.user, privateKey });
  if (!verdict.trusted) throw hostError(remote, verdict);
  if (verdict.client === undefined)
    throw new StepError(
      `${remote.host} refused the deploy key for ${remote.path}: ${verdict.error ?? "login failed"}`,
      "look whether the deploy key is still listed in the repository's settings; npm run up -- --refresh registers a missing one again",
    );
  try {
    const { refs, error } = await advertisedRefs(verdict.client, remote.path);
    const commit = refs.get(`refs/heads/${branch}`);
    if (commit !== undefined) return commit;
    throw new StepError(
      error === ""
        ? `${remote.path} on ${remote.host} has no branch ${branch}`
        : `${remote.path} on ${remote.host}: ${error}`,
      error === ""
        ? `push the cluster's tree to ${branch}`
        : "check github.owner and github.repository in the stack config",
    );
  } finally {
    verdict.client.end();
  }
}

interface Verdict {
  readonly hostKey: Buffer | undefined;
  readonly trusted: boolean;
  /** Logged in. */
  readonly client: Client | undefined;
  readonly error: string | undefined;
}

async function connect(remote: GitRemote, login: ConnectConfig): Promise<Verdict> {
  const pinned = pinnedKeys(remote.knownHosts, remote.host, remote.port);
  let hostKey: Buffer | undefined;
  let trusted = false;
  const client = new Client();
  const verdict = (loggedIn: boolean, error?: string): Verdict => ({
    hostKey,
    trusted,
    client: loggedIn ? client : undefined,
    error,
  });
  return new Promise((resolve) => {
    client.once("ready", () => {
      resolve(verdict(true));
    });
    // The socket may report more than one error; only the first one decides.
    client.on("error", (error) => {
      client.destroy();
      resolve(verdict(false, error.message));
    });
    client.connect({
      host: remote.host,
      port: remote.port,
      readyTimeout: connectTimeoutMs,
      // The host shows one key only: ask for a kind that is pinned, as OpenSSH does.
      algorithms: { serverHostKey: { append: [], prepend: pinnedAlgorithms(remote), remove: [] } },
      hostVerifier: (key: Buffer) => {
        hostKey = key;
        trusted = pinned.includes(key.toString("base64"));
        return trusted;
      },
      ...login,
    });
  });
}

type HostKeyAlgorithm = "ssh-ed25519" | "ecdsa-sha2-nistp256" | "rsa-sha2-512";

function pinnedAlgorithms(remote: GitRemote): HostKeyAlgorithm[] {
  const kinds = new Set(remote.knownHosts.map((line) => line.trim().split(/\s+/)[1]));
  const found: HostKeyAlgorithm[] = [];
  if (kinds.has("ssh-ed25519")) found.push("ssh-ed25519");
  if (kinds.has("ecdsa-sha2-nistp256")) found.push("ecdsa-sha2-nistp256");
  if (kinds.has("ssh-rsa")) found.push("rsa-sha2-512");
  return found;
}

function hostError(remote: GitRemote, verdict: Verdict): StepError {
  const name = `${remote.host}:${String(remote.port)}`;
  if (verdict.hostKey === undefined)
    return new SiteDownError(
      `the Git host ${name} does not answer: ${verdict.error ?? "no SSH server"}`,
      "check git.url in the stack config and that this computer can reach the host",
    );
  return new StepError(
    `the Git host ${name} shows the key ${fingerprint(verdict.hostKey)}, which git.knownHosts does not pin`,
    `compare it with the fingerprints that the host publishes; if it is right, add the line of: ssh-keyscan -p ${String(remote.port)} ${remote.host}`,
  );
}

/** Reads the list of refs with which git-upload-pack greets. Source: gitprotocol-pack(5), reference discovery. */
async function advertisedRefs(
  client: Client,
  path: string,
): Promise<{ refs: ReadonlyMap<string, string>; error: string }> {
  return new Promise((resolve, reject) => {
    client.exec(`git-upload-pack '${path}'`, (failure, channel) => {
      if (failure !== undefined) {
        reject(failure);
        return;
      }
      let advertised = "";
      let error = "";
      channel.on("data", (data: Buffer) => {
        advertised += data.toString("latin1");
        // The list ends with a flush packet; answering with one ends the conversation.
        if (advertised.endsWith("0000")) channel.end("0000");
      });
      channel.stderr.on("data", (data: Buffer) => (error += data.toString("utf8")));
      channel.once("close", () => {
        resolve({ refs: parseRefs(advertised), error: error.trim() });
      });
    });
  });
}

/** Refs of an advertisement: packets of four hex digits of length and the rest, `<commit> <ref>[\0capabilities]\n`. */
export function parseRefs(advertised: string): ReadonlyMap<string, string> {
  const refs = new Map<string, string>();
  for (let at = 0; at + 4 <= advertised.length;) {
    const digits = advertised.slice(at, at + 4);
    const length = Number.parseInt(digits, 16);
    // 0000 ends the list; anything that is no length is an error text.
    if (!/^[0-9a-f]{4}$/.test(digits) || length < 4) break;
    const [commit, ref] =
      advertised
        .slice(at + 4, at + length)
        .split("\0")[0]
        ?.trim()
        .split(" ") ?? [];
    if (commit !== undefined && ref !== undefined) refs.set(ref, commit);
    at += length;
  }
  return refs;
}
