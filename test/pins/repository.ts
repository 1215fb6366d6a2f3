// The repository as Git knows it.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Repository } from "./config.ts";

const root = join(import.meta.dirname, "..", "..");

/** All files that are tracked, or would be with the next `git add`; those that are deleted already are left out. */
export function readRepository(): Repository {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
  });
  const files = new Map<string, string>();
  for (const file of listed
    .split("\0")
    .filter((name) => name !== "")
    .sort()) {
    const text = contentOf(join(root, file));
    if (text !== undefined) files.set(file, text);
  }
  return files;
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    // Deleted, not committed yet; or a link to a folder.
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "EISDIR") return undefined;
    throw error;
  }
}
