// The lines of a known_hosts file: which key a host must show. Format: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT.
import { createHmac } from "node:crypto";

/** Name of a host as known_hosts writes it: bare for port 22, `[host]:port` otherwise. */
export function knownHostsName(host: string, port: number): string {
  return port === 22 ? host : `[${host}]:${port}`;
}

/** Keys (base64) that the lines pin for a host; hashed names (`|1|salt|hash`) are understood. */
export function pinnedKeys(lines: readonly string[], host: string, port: number): readonly string[] {
  const name = knownHostsName(host, port);
  return lines.flatMap((line) => {
    const [names = "#", , key] = line.trim().split(/\s+/);
    const isPinned = !/^[#@]/.test(names) && names.split(",").some((pattern) => matches(pattern, name));
    return isPinned && key !== undefined ? [key] : [];
  });
}

function matches(pattern: string, name: string): boolean {
  const [, kind, salt = "", hash] = pattern.split("|");
  if (kind !== "1") return pattern === name;
  return createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest("base64") === hash;
}
