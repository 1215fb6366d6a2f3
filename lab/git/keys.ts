// SSH keys of the lab: made once, kept in files that only their owner reads.
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import ssh2 from "ssh2";

/** A key pair in OpenSSH's formats. */
export interface KeyPair {
  readonly privateKey: string;
  /** One line, `ssh-ed25519 AAAA… comment`. */
  readonly publicKey: string;
}

/** Reads the private key of a file, makes one where there is none. The file gets mode 0600. */
export async function ensureKeyPair(file: string, comment: string): Promise<KeyPair> {
  let privateKey: string;
  try {
    privateKey = await readFile(file, "utf8");
    await chmod(file, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    privateKey = newPrivateKey(comment);
    await mkdir(dirname(file), { recursive: true });
    // Written whole or not at all: a half key would stay for ever.
    await writeFile(`${file}.new`, privateKey, { mode: 0o600 });
    await rename(`${file}.new`, file);
  }
  const parsed = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error)
    throw new Error(`${file} holds no usable SSH key (${parsed.message}); remove it and a new one is made`);
  return { privateKey, publicKey: `${parsed.type} ${parsed.getPublicSSH().toString("base64")} ${comment}` };
}

/** ssh2 writes about one ed25519 key in 200 in a form that it refuses itself, so it is asked until one is good. */
function newPrivateKey(comment: string): string {
  const probe = Buffer.from("probe");
  for (let attempt = 0; attempt < 20; attempt++) {
    const pair = ssh2.utils.generateKeyPairSync("ed25519", { comment });
    const key = ssh2.utils.parseKey(pair.private);
    if (!(key instanceof Error) && key.verify(probe, key.sign(probe))) return pair.private;
  }
  throw new Error("could not make an ed25519 key");
}

/**
 * Kind and key of a public key line without its comment, e.g. `ssh-ed25519 AAAA…`.
 * @returns undefined when it is no usable public key
 */
export function normalizedPublicKey(line: string): string | undefined {
  const [kind, data] = line.trim().split(/\s+/);
  if (kind === undefined || data === undefined || line.includes("PRIVATE KEY")) return undefined;
  const parsed = ssh2.utils.parseKey(`${kind} ${data}`);
  if (parsed instanceof Error || parsed.isPrivateKey()) return undefined;
  return `${kind} ${data}`;
}
