// Stands in for the program `ssh` where git calls it (GIT_SSH_COMMAND), so that the lab needs no OpenSSH client:
//   GIT_SSH_COMMAND="node lab/git/sshClient.ts" LAB_SSH_KEY=<file> LAB_SSH_KNOWN_HOSTS=<line> git push ssh://…
// Only what git uses of ssh's command line: `[-o option] [-p port] [user@]host command`.
import { readFile } from "node:fs/promises";
import ssh2 from "ssh2";

/** Where ssh's command line leads. */
export interface SshDestination {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly command: string;
  /** Whether git asked to pass its environment variable GIT_PROTOCOL on. */
  readonly sendsProtocol: boolean;
}

/** Takes ssh's arguments apart. @throws Error when one is unknown */
export function parseSshArguments(words: readonly string[]): SshDestination {
  let port = 22;
  let sendsProtocol = false;
  let at = 0;
  for (; words[at]?.startsWith("-") === true; at++) {
    const word = words[at] ?? "";
    if (word === "-p") port = Number(words[++at]);
    else if (word === "-o") sendsProtocol ||= words[++at] === "SendEnv=GIT_PROTOCOL";
    else if (word !== "-4" && word !== "-6" && word !== "-T") throw new Error(`ssh: unknown option ${word}`);
  }
  const [user, host] = (words[at] ?? "").split("@");
  if (user === undefined || host === undefined) throw new Error("ssh: expected user@host");
  return { host, port, user, command: words.slice(at + 1).join(" "), sendsProtocol };
}

async function main(): Promise<void> {
  const destination = parseSshArguments(process.argv.slice(2));
  const privateKey = await readFile(process.env["LAB_SSH_KEY"] ?? "");
  const pinned = (process.env["LAB_SSH_KNOWN_HOSTS"] ?? "").split(" ")[2];
  const protocol = process.env["GIT_PROTOCOL"];
  const client = new ssh2.Client();
  client.on("error", (error) => {
    process.stderr.write(`ssh: ${destination.host}:${String(destination.port)}: ${error.message}\n`);
    process.exitCode = 255;
  });
  client.once("ready", () => {
    const env = destination.sendsProtocol && protocol !== undefined ? { GIT_PROTOCOL: protocol } : {};
    client.exec(destination.command, { env }, (failure, channel) => {
      if (failure !== undefined) throw failure;
      process.stdin.pipe(channel);
      channel.pipe(process.stdout);
      channel.stderr.pipe(process.stderr);
      channel.once("exit", (code: number | null) => {
        process.exitCode = code ?? 255;
      });
      channel.once("close", () => {
        client.end();
        // git may keep the pipe open until this process is gone.
        process.stdin.destroy();
      });
    });
  });
  client.connect({
    host: destination.host,
    port: destination.port,
    username: destination.user,
    privateKey,
    hostVerifier: (key: Buffer) => key.toString("base64") === pinned,
  });
}

if (import.meta.main) await main();
