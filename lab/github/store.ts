// What the lab's GitHub remembers: deploy keys, webhooks and commit statuses, in one file that is written whole. The Git
// host reads the same list of keys, so a key counts there as soon as it is written here.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { normalizedPublicKey } from "../git/keys.ts";
import type { Webhook, WebhookSettings } from "./webhooks.ts";

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

/** What somebody says of a commit. */
export interface CommitStatus {
  readonly id: number;
  readonly owner: string;
  readonly repository: string;
  readonly sha: string;
  readonly state: string;
  readonly context: string;
  readonly description: string;
  readonly targetUrl: string;
  readonly createdAt: string;
}

/** Why GitHub does not take a key; the text is the one in its answer. */
export type KeyProblem =
  "key is already in use" | "key is invalid. You must supply a key in OpenSSH public key format";

/** Everything that a lab's GitHub keeps. */
export interface GithubStore {
  keys(): readonly DeployKey[];
  add(key: Omit<DeployKey, "id" | "createdAt">): DeployKey | KeyProblem;
  /** @returns false when there is no such key */
  remove(owner: string, repository: string, id: number): boolean;
  webhooks(): readonly Webhook[];
  addWebhook(owner: string, repository: string, settings: WebhookSettings): Webhook;
  /** Writes what is given; @returns undefined when there is no such webhook */
  changeWebhook(id: number, change: Partial<Webhook>): Webhook | undefined;
  removeWebhook(id: number): void;
  /** Statuses of all commits, the newest first. */
  statuses(): readonly CommitStatus[];
  addStatus(status: Omit<CommitStatus, "id" | "createdAt">): CommitStatus;
}

interface StoreFile {
  nextId: number;
  keys: DeployKey[];
  webhooks: Webhook[];
  statuses: CommitStatus[];
}

/** GitHub keeps a thousand of each commit and context; a lab keeps so many in all. */
const mostStatuses = 500;

/** Opens the store; the file is made with the first key. @param file e.g. `.lab/lab/state/github.json` */
export function openGithubStore(file: string): GithubStore {
  const content = load(file);
  // Written before the answer goes out, so that no key is known to Pulumi and not to the lab.
  const save = (): void => {
    mkdirSync(dirname(file), { recursive: true });
    // Tokens of webhooks are in it.
    writeFileSync(`${file}.new`, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  };
  return {
    keys: () => content.keys,
    add: (wanted) => {
      const key = normalizedPublicKey(wanted.key);
      if (key === undefined) return "key is invalid. You must supply a key in OpenSSH public key format";
      // On all of GitHub a key exists once, whatever repository it opens.
      if (content.keys.some((known) => known.key === key)) return "key is already in use";
      const added: DeployKey = { ...wanted, key, id: content.nextId++, createdAt: now() };
      content.keys = [...content.keys, added];
      save();
      return added;
    },
    remove: (owner, repository, id) => {
      const left = content.keys.filter(
        (key) => key.id !== id || key.owner !== owner || key.repository !== repository,
      );
      if (left.length === content.keys.length) return false;
      content.keys = left;
      save();
      return true;
    },
    webhooks: () => content.webhooks,
    addWebhook: (owner, repository, settings) => {
      const at = now();
      const added: Webhook = {
        ...settings,
        id: content.nextId++,
        owner,
        repository,
        createdAt: at,
        updatedAt: at,
        lastResponse: { code: null, status: "unused", message: null },
      };
      content.webhooks = [...content.webhooks, added];
      save();
      return added;
    },
    changeWebhook: (id, change) => {
      content.webhooks = content.webhooks.map((hook) => (hook.id === id ? { ...hook, ...change } : hook));
      save();
      return content.webhooks.find((hook) => hook.id === id);
    },
    removeWebhook: (id) => {
      content.webhooks = content.webhooks.filter((hook) => hook.id !== id);
      save();
    },
    statuses: () => content.statuses,
    addStatus: (wanted) => {
      const added: CommitStatus = { ...wanted, id: content.nextId++, createdAt: now() };
      content.statuses = [added, ...content.statuses].slice(0, mostStatuses);
      save();
      return added;
    },
  };
}

/** Now, as GitHub writes times. */
export function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}

function load(file: string): StoreFile {
  const empty: StoreFile = { nextId: 100_000_001, keys: [], webhooks: [], statuses: [] };
  try {
    return { ...empty, ...(JSON.parse(readFileSync(file, "utf8")) as Partial<StoreFile>) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return empty;
    throw new Error(
      `${file} (what the lab's GitHub keeps) is damaged: ${String(error)}; npm run lab -- destroy starts anew`,
      { cause: error },
    );
  }
}
