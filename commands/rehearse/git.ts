// What is committed and what is in the working tree, as files in a folder of their own. Only reads the repository: not even
// its index is written.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { RehearsalError } from "./rehearsalError.ts";

/** Text of a file at a commit. @throws RehearsalError when it is not there, or in no repository */
export function committedFile(file: string, ref: string): string {
  const folder = dirname(file);
  const name = basename(file);
  requireCommit(folder, ref);
  try {
    return git(folder, ["show", `${ref}:./${name}`]);
  } catch {
    throw new RehearsalError(
      `${name} is not in the commit ${ref}, where the rehearsal begins`,
      "commit it, name another commit with --from, or only build what is there with --build",
    );
  }
}

/** Writes a folder into the folder `target` as it is at a commit. @throws RehearsalError when it is not there */
export function exportCommitted(folder: string, ref: string, target: string): void {
  if (!existsSync(folder))
    throw new RehearsalError(`${folder} is not there`, "correct tree in the stack config");
  requireCommit(folder, ref);
  const index = mkdtempSync(join(tmpdir(), "rehearse-"));
  const env = { GIT_INDEX_FILE: join(index, "index") };
  try {
    const tree = git(folder, ["rev-parse", "--verify", "--quiet", `${ref}:./`]).trim();
    git(folder, ["read-tree", tree], env);
    mkdirSync(target, { recursive: true, mode: 0o700 });
    git(toplevel(folder), ["checkout-index", "--all", `--prefix=${target}/`], env);
  } catch (error) {
    if (error instanceof RehearsalError) throw error;
    throw new RehearsalError(
      `${folder} is not in the commit ${ref}, where the rehearsal begins`,
      "commit it, name another commit with --from or --tree-from, or only build what is there with --build",
    );
  } finally {
    rmSync(index, { recursive: true, force: true });
  }
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

/** Whether two folders or files are in the same repository. */
export function sameRepository(one: string, other: string): boolean {
  return toplevel(one) === toplevel(other);
}

function requireCommit(folder: string, ref: string): void {
  toplevel(folder);
  try {
    git(folder, ["rev-parse", "--verify", "--quiet", `${ref}^{commit}`]);
  } catch {
    throw new RehearsalError(
      `there is no commit ${ref} in ${toplevel(folder)}`,
      "name one that git log shows",
    );
  }
}

function toplevel(folder: string): string {
  try {
    return git(folder, ["rev-parse", "--show-toplevel"]).trim();
  } catch {
    throw new RehearsalError(
      `${folder} is in no Git repository, and a rehearsal begins with what is committed`,
      "put it into one, or only build what is there with --build",
    );
  }
}

/** What `git args…` prints in a folder. @throws Error of child_process when it fails */
export function git(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): string {
  return execFileSync("git", ["-C", folder, ...args], {
    encoding: "utf8",
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 1 << 28,
  });
}
