// Brings the working tree's `cluster/` to the lab's Git host, as a home's owner would: into a checkout of its own, secrets
// encrypted with the lab's key, committed and pushed only when something differs.
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { stringify } from "yaml";
import { recipientOf } from "./age.ts";
import { runProgram } from "./program.ts";
import { encryptedRegex, encryptExample } from "./secrets.ts";

/** What a push needs. */
export interface PushOptions {
  /** The tree in the working copy, e.g. `<project>/cluster`. */
  readonly source: string;
  /** The lab's checkout, e.g. `.lab/lab/repo`; made when it is missing. */
  readonly checkout: string;
  readonly ageKeyFile: string;
  /** Path of sops. */
  readonly sops: string;
  /** Where to push. */
  readonly url: string;
  /** What git needs to get there. */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * Only a tree that has changed since the last push: what was committed in the checkout since then stays. Default: the
   * checkout becomes what the source is.
   */
  readonly onlyChanged?: boolean;
}

/** What a push did. */
export interface PushResult {
  /** False: the Git host has this very tree. */
  readonly changed: boolean;
  /** Full id of the branch's commit. */
  readonly commit: string;
}

const branch = "main";
const encrypted = ".sops.yaml";
const example = `${encrypted}.example`;

/** Remembers, beside Git's own files, which tree was taken over last. */
const takenFile = "home-ops-taken";

/** Pushes the tree. @throws Error naming a secret that the lab cannot have */
export async function pushTree(options: PushOptions): Promise<PushResult> {
  const { source, checkout, environment } = options;
  const git = async (...args: string[]): Promise<string> =>
    (await runProgram("git", args, { cwd: checkout, env: { ...gitEnvironment, ...environment } })).trim();

  mkdirSync(checkout, { recursive: true, mode: 0o700 });
  if (!existsSync(join(checkout, ".git")))
    await git("init", "--quiet", "--template=", `--initial-branch=${branch}`);
  const taken = join(checkout, ".git", takenFile);
  const hash = hashOf(source);
  const isNew = !existsSync(taken) || readFileSync(taken, "utf8") !== hash;
  if (isNew || options.onlyChanged !== true) {
    const target = join(checkout, "cluster");
    copyTree(source, target);
    await encryptSecrets(source, target, options);
    await git("add", "--all");
    const differs = (await git("status", "--porcelain")) !== "";
    if (differs) await git("commit", "--quiet", "--message", "Take over the working tree's cluster/");
    writeFileSync(taken, hash);
  }
  const commit = await git("rev-parse", "HEAD");
  const remote = (await git("ls-remote", options.url, `refs/heads/${branch}`)).split("\t")[0];
  if (remote !== commit) await git("push", "--quiet", "--force", options.url, `HEAD:${branch}`);
  return { changed: remote !== commit, commit };
}

/** Keys that were taken out of a running cluster (cluster/bootstrap/README.md): each home and each lab has its own. */
function isTakenOut(file: string): boolean {
  return file.startsWith("bootstrap/") && file.endsWith(encrypted);
}

/** Makes `target` what `source` is, except for encrypted files. */
function copyTree(source: string, target: string): void {
  const wanted = new Set(filesOf(source).filter((file) => !file.endsWith(encrypted)));
  for (const file of filesOf(target))
    if (!wanted.has(file) && !wanted.has(`${file}.example`) && !isTakenOut(file)) rmSync(join(target, file));
  for (const file of wanted) {
    mkdirSync(dirname(join(target, file)), { recursive: true });
    cpSync(join(source, file), join(target, file));
  }
}

async function encryptSecrets(source: string, target: string, options: PushOptions): Promise<void> {
  const { sops, ageKeyFile } = options;
  const recipient = await recipientOf(ageKeyFile);
  const files = filesOf(source);
  // A home's own file is encrypted to the home's key, which no lab has.
  const hidden = files.filter(
    (file) => file.endsWith(encrypted) && !files.includes(`${file}.example`) && !isTakenOut(file),
  );
  if (hidden.length > 0)
    throw new Error(
      `${hidden.join(", ")}: encrypted to somebody else's key; put ${hidden[0] ?? ""}.example with placeholders beside it`,
    );
  for (const file of files.filter((name) => name.endsWith(example)))
    await encryptExample(join(target, file), join(target, file.slice(0, -".example".length)), {
      sops,
      ageKeyFile,
      recipient,
    });
  const rule = { path_regex: "\\.sops\\.yaml$", encrypted_regex: encryptedRegex, age: recipient };
  writeFileSync(join(target, "..", ".sops.yaml"), stringify({ creation_rules: [rule] }));
}

function hashOf(folder: string): string {
  const hash = createHash("sha256");
  for (const file of [...filesOf(folder)].sort())
    hash.update(`${file}\0`).update(
      createHash("sha256")
        .update(readFileSync(join(folder, file)))
        .digest(),
    );
  return hash.digest("hex");
}

function filesOf(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

/** Nothing of the user's own Git: no configuration, no hooks, no signing. */
const gitEnvironment = {
  HOME: "/nonexistent",
  LC_ALL: "C",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "home-ops lab",
  GIT_AUTHOR_EMAIL: "lab@home.example",
  GIT_COMMITTER_NAME: "home-ops lab",
  GIT_COMMITTER_EMAIL: "lab@home.example",
} as const;
