// The lab's age key: made once, as `age-keygen -o` writes it.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { generateX25519Identity, identityToRecipient } from "age-encryption";

/** Makes the key file (0600) unless it is there. */
export async function ensureAgeKey(file: string): Promise<void> {
  if (existsSync(file)) return;
  const identity = await generateX25519Identity();
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const created = `# created: ${new Date().toISOString().replace(/\.\d+Z$/, "Z")}`;
  writeFileSync(file, `${created}\n# public key: ${await identityToRecipient(identity)}\n${identity}\n`, {
    mode: 0o600,
  });
}

/** The public half of a key file, `age1…`. */
export async function recipientOf(file: string): Promise<string> {
  const identity = /^AGE-SECRET-KEY-1\w+$/m.exec(readFileSync(file, "utf8"))?.[0];
  if (identity === undefined) throw new Error(`${file} holds no age key`);
  return identityToRecipient(identity);
}
