// What the tree's encrypted files hold, as far as this computer can decrypt them: so that a value that also stands in
// clear elsewhere is hidden there. Nothing of it leaves this process.
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { listFiles } from "../../tree/index.ts";
import type { Masker } from "../../src/steps/mask.ts";
import { run } from "../../src/steps/run.ts";

/** Files decrypted at the same time. */
const atOnce = 4;

/** Per file; a key in a cloud or on a card takes its time. */
const timeoutSeconds = 20;

/** Remembers what is encrypted in the trees. Without sops, or without the key, nothing: then nobody can read it here. */
export async function learnEncrypted(trees: readonly string[], masker: Masker): Promise<void> {
  const files = encryptedFiles(trees);
  // One may be encrypted to another key than the others, so each is tried.
  for (let at = 0; at < files.length; at += atOnce)
    await Promise.all(files.slice(at, at + atOnce).map(async (file) => learnFile(file, masker)));
}

/** Each content once: most files are the same on both sides. */
function encryptedFiles(trees: readonly string[]): readonly string[] {
  const byContent = new Map<string, string>();
  for (const file of trees.flatMap((tree) => listFiles(tree).map((name) => join(tree, name)))) {
    if (!/\.(ya?ml|json|env|ini)$/.test(file)) continue;
    const content = readFileSync(file, "utf8");
    if (content.includes("ENC[AES256_GCM,")) byContent.set(content, file);
  }
  return [...byContent.values()];
}

async function learnFile(file: string, masker: Masker): Promise<void> {
  const { code, stdout } = await run("sops", ["decrypt", "--output-type", "json", file], {
    timeoutSeconds,
    signal: new AbortController().signal,
    env: keyFile(),
  });
  if (code !== 0) return;
  const decrypted = JSON.parse(stdout) as unknown;
  const original = readFileSync(file, "utf8");
  const learn = (value: unknown): void => {
    if (typeof value === "object" && value !== null) Object.values(value).forEach(learn);
    // What the file itself has in clear is no secret.
    else if (typeof value === "string" && !original.includes(value)) masker.learn(value);
  };
  learn(decrypted);
  const { data = {}, kind } = decrypted as { readonly data?: object; readonly kind?: unknown };
  // A Secret's `data` is base64 on top.
  for (const value of kind === "Secret" ? Object.values(data) : [])
    masker.learn(Buffer.from(String(value), "base64").toString());
}

/** sops' own variables win; otherwise the file where this program's key is by default. */
function keyFile(): Readonly<Record<string, string>> {
  const { SOPS_AGE_KEY, SOPS_AGE_KEY_FILE, SOPS_AGE_KEY_CMD } = process.env;
  const file = join(homedir(), ".config/sops/age/home-ops.txt");
  if ([SOPS_AGE_KEY, SOPS_AGE_KEY_FILE, SOPS_AGE_KEY_CMD].some(Boolean) || !existsSync(file)) return {};
  return { SOPS_AGE_KEY_FILE: file };
}
