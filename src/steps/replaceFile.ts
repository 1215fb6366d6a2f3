import { renameSync, writeFileSync } from "node:fs";

/** Writes a file of the owner's alone that is whole or not there. Two processes may want the same one in the same second. */
export function replaceFile(file: string, content: string | Uint8Array): void {
  const next = `${file}.${String(process.pid)}.new`;
  writeFileSync(next, content, { mode: 0o600 });
  renameSync(next, file);
}
