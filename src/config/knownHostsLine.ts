// The format of a line of git.knownHosts.
import { text } from "./fields.ts";

/** The kinds of host keys that a line may pin. */
const keyKinds = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"];

/** One line of a known_hosts file. Format: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT. */
export const knownHostsLine = text({
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
