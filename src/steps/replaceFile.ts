import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Writes a file of the owner's alone, its folder too, that is whole or not there. Two processes may want the same one in the same second. */
export function replaceFile(file: string, content: string | Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const next = `${file}.${String(process.pid)}.new`;
  writeFileSync(next, content, { mode: 0o600 });
  renameSync(next, file);
}
