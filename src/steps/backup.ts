// What can be gone back to: files under backups/<stack>/, encrypted to the age recipients of the Git tree, so that whoever
// can read the tree's secrets can read them. The newest five of a kind are kept; a clear copy is never written there.
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Encrypter } from "age-encryption";
import { replaceFile } from "./replaceFile.ts";

/** Where backups go, and who can read them. */
export interface BackupOptions {
  /** Name of the stack, e.g. `home`. */
  readonly stack: string;
  /** age recipients, e.g. `["age1…"]`. */
  readonly recipients: readonly string[];
  /** What is in it, as it ends the file's name, e.g. `etcd.db`. */
  readonly kind: string;
  /**
   * What it was taken for, e.g. `Flux v2.9.4`. Each target has a backup of its own, from before it; trying the same again
   * takes no other one, or five attempts would push out the one that matters. Not given: any will do.
   */
  readonly target?: string;
}

const kept = 5;

/** One backup serves a change that is finished within a day; one that goes on later gets another. */
const freshForMs = 24 * 3600 * 1000;

/** For which target the newest backup of each kind was taken. */
const targetsFile = "targets.json";

/**
 * Takes a backup unless there is one for this target that is younger than a day.
 * @param take gives the content in clear; it is encrypted before anything is written
 * @returns the path of a new one
 */
export async function ensureBackup(
  options: BackupOptions,
  take: () => Promise<Uint8Array>,
): Promise<string | undefined> {
  const { stack, kind, target } = options;
  const isFresh = ageOfNewest(options) < freshForMs;
  if (isFresh && (target === undefined || targetsOf(stack)[kind] === target)) return undefined;
  const file = await write(options, await take());
  if (target !== undefined)
    replaceFile(join(folderOf(stack), targetsFile), JSON.stringify({ ...targetsOf(stack), [kind]: target }));
  return file;
}

/** Milliseconds since the last backup of a kind; Infinity when there is none. */
function ageOfNewest({ stack, kind }: BackupOptions): number {
  const newest = files(stack, kind).at(-1);
  return newest === undefined ? Infinity : Date.now() - timeOf(newest);
}

/** Writes one, e.g. `backups/home/2026-11-23T20-15-00Z-etcd.db.age`, and removes the sixth. @returns its path */
async function write(options: BackupOptions, content: Uint8Array): Promise<string> {
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
  replaceFile(file, sealed);
  for (const old of files(stack, kind).slice(0, -kept)) rmSync(join(folder, old));
  return file;
}

function targetsOf(stack: string): Readonly<Record<string, string>> {
  try {
    return JSON.parse(readFileSync(join(folderOf(stack), targetsFile), "utf8")) as Record<string, string>;
  } catch {
    // Missing or damaged: another backup is taken.
    return {};
  }
}

function folderOf(stack: string): string {
  return join("backups", stack);
}

/** When a backup was taken, as its name says; a copied file has another time of its own. */
function timeOf(file: string): number {
  const [, day = "", time = ""] = /^(\d{4}-\d\d-\d\d)T(\d\d-\d\d-\d\d)Z/.exec(file) ?? [];
  return Date.parse(`${day}T${time.replaceAll("-", ":")}Z`);
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
