// What the lab's GitHub remembers: deploy keys, in one file that is written whole. The Git host reads the same list, so
// a key counts there as soon as it is written here.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { normalizedPublicKey } from "../git/keys.ts";

/** A deploy key as GitHub keeps it. */
export interface DeployKey {
  readonly id: number;
  readonly owner: string;
  readonly repository: string;
  readonly title: string;
  /** Kind and key without comment: GitHub drops it. */
  readonly key: string;
  readonly readOnly: boolean;
  /** e.g. `2026-11-23T17:02:11Z` */
  readonly createdAt: string;
  /** Login of the token that made it. */
  readonly addedBy: string;
}

/** Why GitHub does not take a key; the text is the one in its answer. */
export type KeyProblem =
  "key is already in use" | "key is invalid. You must supply a key in OpenSSH public key format";

/** All deploy keys of a lab. */
export interface GithubStore {
  keys(): readonly DeployKey[];
  add(key: Omit<DeployKey, "id" | "createdAt">): DeployKey | KeyProblem;
  /** @returns false when there is no such key */
  remove(owner: string, repository: string, id: number): boolean;
}

interface StoreFile {
  nextId: number;
  keys: DeployKey[];
}

/** Opens the store; the file is made with the first key. @param file e.g. `.lab/lab/state/github.json` */
export function openGithubStore(file: string): GithubStore {
  let { nextId, keys } = load(file);
  // Written before the answer goes out, so that no key is known to Pulumi and not to the lab.
  const save = (): void => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.new`, `${JSON.stringify({ nextId, keys }, undefined, 2)}\n`);
    renameSync(`${file}.new`, file);
  };
  return {
    keys: () => keys,
    add: (wanted) => {
      const key = normalizedPublicKey(wanted.key);
      if (key === undefined) return "key is invalid. You must supply a key in OpenSSH public key format";
      // On all of GitHub a key exists once, whatever repository it opens.
      if (keys.some((known) => known.key === key)) return "key is already in use";
      const createdAt = new Date().toISOString().replace(/\.\d+Z$/, "Z");
      const added: DeployKey = { ...wanted, key, id: nextId++, createdAt };
      keys = [...keys, added];
      save();
      return added;
    },
    remove: (owner, repository, id) => {
      const left = keys.filter(
        (key) => key.id !== id || key.owner !== owner || key.repository !== repository,
      );
      if (left.length === keys.length) return false;
      keys = left;
      save();
      return true;
    },
  };
}

function load(file: string): StoreFile {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as StoreFile;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { nextId: 100_000_001, keys: [] };
    throw new Error(
      `${file} (deploy keys of the lab's GitHub) is damaged: ${String(error)}; npm run lab -- destroy starts anew`,
      { cause: error },
    );
  }
}
