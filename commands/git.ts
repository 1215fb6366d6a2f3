// What is committed and what is in the working tree, as files in a folder of their own. Only reads the repository: not even
// its index is written.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { StepError } from "../src/steps/stepError.ts";

/** Text of a file at a commit. @throws StepError when it is not there, or in no repository */
export function committedFile(file: string, ref: string): string {
  const folder = dirname(file);
  const name = basename(file);
  requireCommit(folder, ref);
  try {
    return git(folder, ["show", `${ref}:./${name}`]);
  } catch {
    throw notCommitted(name, ref);
  }
}

/** Writes a folder into the folder `target` as it is at a commit. @throws StepError when it is not there */
export function exportCommitted(folder: string, ref: string, target: string): void {
  const repository = requireCommit(folder, ref);
  const index = mkdtempSync(join(tmpdir(), "home-ops-index-"));
  const env = { GIT_INDEX_FILE: join(index, "index") };
  try {
    const tree = git(folder, ["rev-parse", "--verify", "--quiet", `${ref}:./`]).trim();
    git(folder, ["read-tree", tree], env);
    mkdirSync(target, { recursive: true, mode: 0o700 });
    git(repository, ["checkout-index", "--all", `--prefix=${target}/`], env);
  } catch {
    throw notCommitted(folder, ref);
  } finally {
    rmSync(index, { recursive: true, force: true });
  }
}

function notCommitted(what: string, ref: string): StepError {
  return new StepError(`${what} is not in the commit ${ref}`, "commit it, or name another commit");
}

/** Writes a folder into the folder `target` as it would be committed now: without what Git ignores. */
export function exportWorking(folder: string, target: string): void {
  const listed = git(folder, ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "."]);
  mkdirSync(target, { recursive: true, mode: 0o700 });
  for (const file of new Set(listed.split("\0"))) {
    // A file that is deleted in the working tree is still listed.
    if (file === "" || !existsSync(join(folder, file))) continue;
    mkdirSync(dirname(join(target, file)), { recursive: true });
    cpSync(join(folder, file), join(target, file));
  }
}

/** The root of a folder's repository. @throws StepError when there is no such commit, or no repository */
export function requireCommit(folder: string, ref: string): string {
  const repository = repositoryOf(folder);
  try {
    git(repository, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`]);
    return repository;
  } catch {
    throw new StepError(`there is no commit ${ref} in ${repository}`, "name one that git log shows");
  }
}

/** The root of the repository that a folder is in. @throws StepError when there is no folder, or no repository */
export function repositoryOf(folder: string): string {
  if (!existsSync(folder)) throw new StepError(`there is no folder ${folder}`, "correct its name");
  try {
    return realpathSync(git(folder, ["rev-parse", "--show-toplevel"]).trim());
  } catch {
    throw new StepError(
      `${folder} is in no Git repository, so nothing of it is committed`,
      "put it into one and commit it",
    );
  }
}

/** What `git args…` prints in a folder. @throws Error of child_process when it fails */
function git(folder: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  return execFileSync("git", ["-C", folder, ...args], {
    encoding: "utf8",
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 1 << 28,
  });
}
