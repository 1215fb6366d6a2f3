// What a kill in the middle of writing leaves of a file backend. The engine replaces its state file whole, but beside each
// file lies `<file>.attrs` with its content type and checksum, and that one is written in place: cut off, it makes pulumi
// refuse the good file with "failed to load checkpoint: EOF". Without it pulumi takes the file as it is.
// Source: gocloud.dev blob/fileblob (attrs.go), pulumi/pulumi pkg/backend/diy.
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileBackend } from "./backend.ts";

/** Removes the attributes of the project's state files that are no JSON. @returns what it did, one line each */
export function removeBrokenAttributes(project: string): readonly string[] {
  const backend = fileBackend();
  if (backend === undefined) return [];
  const folder = join(backend, "stacks", project);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(".attrs") && !isJson(join(folder, file)))
    .map((file) => {
      rmSync(join(folder, file));
      return `removed ${file}, which was cut off; the state beside it is whole`;
    });
}

function isJson(file: string): boolean {
  try {
    JSON.parse(readFileSync(file, "utf8"));
    return true;
  } catch {
    return false;
  }
}
