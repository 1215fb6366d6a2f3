// What can be gone back to: files under backups/<stack>/, encrypted to the age recipients of the Git tree, so that whoever
// can read the tree's secrets can read them. The newest five of a kind are kept; a clear copy is never written there.
import { globSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
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

/**
 * Takes a backup unless there is one for this target that is younger than a day.
 * @param take gives the content in clear; it is encrypted before anything is written
 * @returns the path of a new one, e.g. `backups/home/2026-11-23T20-15-00Z-etcd.db.age`
 */
export async function ensureBackup(
  { stack, recipients, kind, target }: BackupOptions,
  take: () => Promise<Uint8Array>,
): Promise<string | undefined> {
  const folder = join("backups", stack);
  // Oldest first: names sort by time.
  const all = (): readonly string[] => globSync(join(folder, `*Z-${kind}.age`)).sort();
  /** For which target the newest backup of each kind was taken. */
  const targetsFile = join(folder, "targets.json");
  const targets = textsIn(targetsFile);
  const isFresh = Date.now() - timeOf(all().at(-1)) < freshForMs;
  if (isFresh && (target === undefined || targets[kind] === target)) return undefined;

  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  const sealed = await encrypter.encrypt(await take());
  const time = new Date().toISOString().replace(/\.\d+/, "").replaceAll(":", "-");
  const file = join(folder, `${time}-${kind}.age`);
  replaceFile(file, sealed);
  for (const old of all().slice(0, -kept)) rmSync(old);
  if (target !== undefined) replaceFile(targetsFile, JSON.stringify({ ...targets, [kind]: target }));
  return file;
}

function textsIn(file: string): Readonly<Record<string, string>> {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
  } catch {
    // Missing or damaged: another backup is taken.
    return {};
  }
}

/** When a backup was taken, as its name says; a copied file has another time of its own. Without one: never. */
function timeOf(file = ""): number {
  const [day = "", time = ""] = basename(file).split(/[TZ]/);
  return Date.parse(`${day}T${time.replaceAll("-", ":")}Z`) || -Infinity;
}
