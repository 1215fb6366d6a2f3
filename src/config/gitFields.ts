// Formats of the values around Git: where the repository lies and which keys its host shows.
import type { z } from "zod";
import { text } from "./fields.ts";

/** What an `ssh://` URL names. */
export interface GitUrl {
  readonly host: string;
  /** TCP port; 22 unless the URL has one. */
  readonly port: number;
  /** e.g. `home/home-cluster`, without `.git`. */
  readonly repository: string;
}

/** Takes `ssh://user@host[:port]/path` apart; undefined when it is something else. */
export function parseGitUrl(url: string): GitUrl | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(url);
  const repository = pathname.replace(/^\/+/, "").replace(/\.git$/, "");
  const isPlain = protocol === "ssh:" && username !== "" && password === "" && search === "" && hash === "";
  if (!isPlain || hostname === "" || repository === "") return undefined;
  return { host: hostname, port: port === "" ? 22 : Number(port), repository };
}

const scpLike = /^(?<user>[\w.-]+)@(?<host>[\w.-]+):(?<path>[^/].*)$/;

/** A repository, reached over SSH. */
export const gitUrl = text({
  expected: "an SSH URL ssh://user@host[:port]/path",
  example: "ssh://git@github.com/home/home-cluster.git",
  test: (value) => parseGitUrl(value) !== undefined,
  meant: (value) => {
    const { user, host, path } = scpLike.exec(value)?.groups ?? {};
    if (user !== undefined && host !== undefined && path !== undefined)
      return `ssh://${user}@${host}/${path}`;
    if (!/^https?:/.test(value) || !URL.canParse(value)) return undefined;
    const { hostname, pathname } = new URL(value);
    return `ssh://git@${hostname}${pathname}`;
  },
  because: ", which Flux reads with a deploy key",
});

/** The kinds of host keys that a line may pin. */
const keyKinds = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"];

/** One line of a known_hosts file. Format: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT. */
export const knownHostsLine: z.ZodString = text({
  expected: "a line of a known_hosts file: host, kind of key, key",
  example: "github.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMq…",
  test: (value) => adviceOnLine(value) === undefined,
  advice: adviceOnLine,
});

/** What is wrong with a line; undefined when nothing is. */
function adviceOnLine(line: string): string | undefined {
  const take = "take the line that ssh-keyscan prints and compare its fingerprint with the published one";
  const [hosts, kind, key] = line.trim().split(/\s+/);
  if (line.includes("SHA256:")) return `it is a fingerprint: ${take}`;
  if (hosts === undefined || kind === undefined) return take;
  if (hosts.startsWith("@")) return `leave the marker ${hosts} out: only plain lines are compared`;
  if (keyKinds.includes(hosts)) return "put the host's name in front";
  if (!keyKinds.includes(kind)) return `take a line with one of the kinds ${keyKinds.join(", ")}`;
  if (key === undefined) return take;
  return keyKind(key) === kind ? undefined : `the key is cut off or not of the kind ${kind}: ${take}`;
}

/** A key repeats its kind: four bytes of length, then the name. Source: RFC 4253 section 6.6. */
function keyKind(key: string): string | undefined {
  const bytes = Buffer.from(key, "base64");
  if (bytes.length < 4 || bytes.toString("base64").replace(/=+$/, "") !== key.replace(/=+$/, ""))
    return undefined;
  const length = bytes.readUInt32BE(0);
  // Behind the name comes the key itself, never less than 32 bytes in any of these kinds.
  return bytes.length < 4 + length + 32 ? undefined : bytes.subarray(4, 4 + length).toString("latin1");
}
