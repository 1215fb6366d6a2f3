// The lab's Git host: an SSH server that lets known keys run git-upload-pack and git-receive-pack on bare repositories
// and refuses the rest as github.com does. Who may do what is asked anew at every login, so a deploy key counts from
// the moment in which GitHub's stand-in has answered.
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import ssh2, { type Connection, type ServerChannel } from "ssh2";
import { listen } from "../proxy/listener.ts";
import { parseGitCommand, refusals, type GitCommand } from "./command.ts";
import { ensureKeyPair, normalizedPublicKey, type KeyPair } from "./keys.ts";
import { PushedRefs, type PushedRef } from "./pushedRefs.ts";
import { createRepository, repositoryExists, serveCommand } from "./repositories.ts";

/** A deploy key. */
export interface AuthorizedKey {
  /** Public key line, e.g. `ssh-ed25519 AAAA…`; a comment does not matter. */
  readonly key: string;
  readonly readOnly: boolean;
  /** The one repository it opens, `<owner>/<name>`. */
  readonly repo: string;
}

/** What {@link startGitHost} needs. */
export interface GitHostOptions {
  readonly address: string;
  readonly port: number;
  /** Folder of the repositories, `<root>/<owner>/<name>.git`. */
  readonly root: string;
  /** The host's private key, made when it is missing (0600). */
  readonly hostKeyFile: string;
  /** All deploy keys at this moment. */
  readonly keys: () => readonly AuthorizedKey[];
  /** Private key that may write everywhere, made when it is missing (0600): the owner's own key. */
  readonly adminKeyFile: string;
  /** Told of every branch and tag that a push has changed, after it. Must not throw and not wait. Default: nobody is. */
  readonly pushed?: (ref: PushedRef) => void;
  readonly log: (line: string) => void;
}

/** What can be wrong with a Git host. */
export type GitHostFault = "refuse-keys" | "other-host-key" | "down";

/** A running Git host. */
export interface GitHost {
  stop(): Promise<void>;
  setFault(fault: GitHostFault, on: boolean): Promise<void>;
  /** Slow link: milliseconds added to every piece of data. 0 = none. */
  setLatency(milliseconds: number): void;
  /** Makes an empty repository with HEAD on main; does nothing when it is there. */
  createRepository(owner: string, repository: string): Promise<void>;
  repositoryExists(owner: string, repository: string): boolean;
  /** URL of a repository, `ssh://git@127.10.1.2:2222/home/home-cluster.git`. */
  url(owner: string, repository: string): string;
  /** The line that pins the true host key, `[127.10.1.2]:2222 ssh-ed25519 AAAA…`; the same under every fault. */
  knownHostsLine(): string;
  /** Path of the owner's private key. */
  readonly adminKeyFile: string;
}

/** Who has logged in: everywhere (the owner), or a deploy key. */
interface Identity {
  readonly name: string;
  readonly key: AuthorizedKey | undefined;
}

/** Starts the host. */
export async function startGitHost(options: GitHostOptions): Promise<GitHost> {
  const { address, port, root, log } = options;
  const trueKey = await ensureKeyPair(options.hostKeyFile, "lab git host");
  const admin = await ensureKeyPair(options.adminKeyFile, "lab owner");
  const adminKey = normalizedPublicKey(admin.publicKey) ?? "";
  const children = new Set<ChildProcessWithoutNullStreams>();
  const refs = new PushedRefs(root, options.pushed ?? (() => undefined), log);
  let refuseKeys = false;

  const identify = (key: string): Identity | undefined => {
    if (refuseKeys) return undefined;
    if (key === adminKey) return { name: "lab-owner", key: undefined };
    const found = options.keys().find((candidate) => normalizedPublicKey(candidate.key) === key);
    return found === undefined ? undefined : { name: found.repo, key: found };
  };
  const mayUse = (identity: Identity, command: GitCommand): boolean =>
    repositoryExists(root, command.owner, command.repository) &&
    (identity.key === undefined || identity.key.repo === `${command.owner}/${command.repository}`);

  const run = (
    channel: ServerChannel,
    line: string,
    identity: Identity,
    protocol: string | undefined,
  ): void => {
    const command = parseGitCommand(line);
    log(`${identity.name}: ${line}`);
    if (command === undefined) {
      refuse(channel, /^git[- ]/.test(line) ? refusals.unknownRepository : refusals.notGit(line));
    } else if (!mayUse(identity, command)) refuse(channel, refusals.unknownRepository);
    else if (command.service === "receive-pack" && identity.key?.readOnly === true)
      refuse(channel, refusals.readOnly);
    else {
      if (command.service === "receive-pack") refs.begin(command);
      const child = serveCommand(root, command, protocol);
      children.add(child);
      child.once("close", () => {
        children.delete(child);
        if (command.service === "receive-pack") refs.end(command);
      });
      connect(channel, child, log);
    }
  };

  const newServer = (hostKey: KeyPair): ssh2.Server =>
    new ssh2.Server({ hostKeys: [hostKey.privateKey], ident: "labgit" }, (connection) => {
      serve(connection, identify, run, log);
    });
  let server = newServer(trueKey);
  const listener = await listen({
    name: "Git host",
    address,
    port,
    onConnection: (socket) => {
      server.injectSocket(socket as Parameters<typeof server.injectSocket>[0]);
    },
  });

  return {
    adminKeyFile: options.adminKeyFile,
    stop: async () => {
      await listener.stop();
      for (const child of children) child.kill();
    },
    setFault: async (fault, on) => {
      log(`fault ${fault} ${on ? "on" : "off"}`);
      if (fault === "refuse-keys") refuseKeys = on;
      else if (fault === "down") await listener.setDown(on);
      else {
        server = newServer(
          on ? await ensureKeyPair(`${options.hostKeyFile}.other`, "another host") : trueKey,
        );
        listener.dropConnections();
      }
    },
    setLatency: (milliseconds) => {
      listener.setLatency(milliseconds);
    },
    createRepository: (owner, repository) => createRepository(root, owner, repository),
    repositoryExists: (owner, repository) => repositoryExists(root, owner, repository),
    url: (owner, repository) => `ssh://git@${address}:${String(port)}/${owner}/${repository}.git`,
    knownHostsLine: () => `[${address}]:${String(port)} ${normalizedPublicKey(trueKey.publicKey) ?? ""}`,
  };
}

/** One connection: public key login as user git, then commands. */
function serve(
  connection: Connection,
  identify: (key: string) => Identity | undefined,
  run: (channel: ServerChannel, line: string, identity: Identity, protocol: string | undefined) => void,
  log: (line: string) => void,
): void {
  let identity: Identity | undefined;
  connection.on("error", (error) => {
    log(`connection: ${error.message}`);
  });
  connection.on("authentication", (context) => {
    if (context.username !== "git" || context.method !== "publickey") {
      context.reject(["publickey"]);
      return;
    }
    const line = `${context.key.algo} ${context.key.data.toString("base64")}`;
    const known = identify(line);
    const parsed = ssh2.utils.parseKey(line);
    if (known === undefined || parsed instanceof Error) {
      log(`refused a key (${context.key.algo})`);
      context.reject(["publickey"]);
      return;
    }
    // Without a signature the client only asks whether it should sign.
    if (context.signature !== undefined) {
      const { blob, signature, hashAlgo } = context;
      if (blob === undefined || !parsed.verify(blob, signature, hashAlgo)) {
        context.reject(["publickey"]);
        return;
      }
      identity = known;
    }
    context.accept();
  });
  connection.on("session", (acceptSession) => {
    const session = acceptSession();
    let protocol: string | undefined;
    session.on("env", (accept, _reject, info: { key: string; val: string }) => {
      if (info.key === "GIT_PROTOCOL") protocol = info.val;
      // ssh2 gives no accept function when the client wants no answer.
      (accept as (() => void) | undefined)?.();
    });
    session.on("exec", (accept, reject, { command }) => {
      if (identity === undefined) reject();
      else run(accept(), command, identity, protocol);
    });
    session.on("shell", (accept) => {
      refuse(accept(), refusals.noShell(identity?.name ?? "there"));
    });
  });
}

function refuse(channel: ServerChannel, text: string): void {
  channel.stderr.write(text);
  channel.exit(1);
  channel.end();
}

/** Joins a channel with a git program until both are done. */
function connect(
  channel: ServerChannel,
  child: ChildProcessWithoutNullStreams,
  log: (line: string) => void,
): void {
  // Either side may go away first; the other one then gets a broken pipe, which is no fault of the lab.
  for (const stream of [channel, child.stdin, child.stdout, child.stderr])
    stream.on("error", () => undefined);
  channel.pipe(child.stdin);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  channel.once("close", () => child.kill());
  child.once("error", (error) => {
    log(`git did not start: ${error.message}`);
    refuse(channel, "ERROR: Internal Server Error\n");
  });
  child.once("close", (code) => {
    channel.exit(code ?? 1);
    channel.end();
  });
}
