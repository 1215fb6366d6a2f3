// What can be gone back to: files under backups/<stack>/, encrypted to the age recipients of the Git tree, so that whoever
// can read the tree's secrets can read them. The newest five of a kind are kept; a clear copy is never written there.
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Encrypter } from "age-encryption";

/** Where backups go, and who can read them. */
export interface BackupOptions {
  /** Name of the stack, e.g. `home`. */
  readonly stack: string;
  /** age recipients, e.g. `["age1…"]`. */
  readonly recipients: readonly string[];
  /** What is in it, as it ends the file's name, e.g. `etcd.db`. */
  readonly kind: string;
}

const kept = 5;

/** Milliseconds since the last backup of a kind; Infinity when there is none. */
export function ageOfNewest({ stack, kind }: BackupOptions): number {
  const newest = files(stack, kind).at(-1);
  return newest === undefined ? Infinity : Date.now() - statSync(join(folderOf(stack), newest)).mtimeMs;
}

/** Writes one, e.g. `backups/home/2026-11-23T20-15-00Z-etcd.db.age`, and removes the sixth. @returns its path */
export async function writeBackup(options: BackupOptions, content: Uint8Array): Promise<string> {
  const { stack, recipients, kind } = options;
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  const sealed = await encrypter.encrypt(content);
  const folder = folderOf(stack);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const time = new Date()
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replaceAll(":", "-");
  const file = join(folder, `${time}${suffixOf(kind)}`);
  writeFileSync(`${file}.new`, sealed, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  for (const old of files(stack, kind).slice(0, -kept)) rmSync(join(folder, old));
  return file;
}

function folderOf(stack: string): string {
  return join("backups", stack);
}

function suffixOf(kind: string): string {
  return `-${kind}.age`;
}

/** Oldest first: names sort by time. */
function files(stack: string, kind: string): readonly string[] {
  try {
    return readdirSync(folderOf(stack))
      .filter((file) => file.endsWith(suffixOf(kind)))
      .sort();
  } catch {
    return [];
  }
}
