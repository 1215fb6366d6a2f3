// A snapshot of etcd before anything is upgraded: encrypted to the tree's age recipient, in backups/<stack>/, the newest
// five kept. In clear it only ever lies in the step's private folder in memory.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Encrypter } from "age-encryption";
import { StepError } from "../../steps/stepError.ts";
import type { Step } from "../../steps/step.ts";
import { reasonOf, type Talosctl } from "../../steps/talosctl.ts";
import type { Machine } from "../inspect.ts";

/** Where snapshots go, and who can read them. */
export interface SnapshotOptions {
  /** Name of the stack, e.g. `home`. */
  readonly stack: string;
  /** age recipient, e.g. `age1…`. */
  readonly recipient: string;
}

const suffix = "-etcd.db.age";
const kept = 5;
/** One snapshot serves a whole run; a run that is continued the next day takes another. */
const freshForMs = 24 * 3600 * 1000;

/**
 * Takes a snapshot unless there is one that is younger than a day.
 * @throws StepError when etcd gives none
 */
export async function ensureSnapshot(
  step: Step,
  talosctl: Talosctl,
  machine: Machine,
  options: SnapshotOptions,
): Promise<void> {
  const folder = join("backups", options.stack);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const newest = snapshots(folder).at(-1);
  if (newest !== undefined && Date.now() - statSync(join(folder, newest)).mtimeMs < freshForMs) return;

  const clear = step.secretFile("etcd.db", "");
  // talosctl refuses to write over a file.
  rmSync(clear);
  const result = await talosctl.run(machine.address, ["etcd", "snapshot", clear], 300);
  if (result.code !== 0)
    throw new StepError(
      `${machine.name}: etcd gives no snapshot: ${reasonOf(result)}`,
      "nothing has been upgraded without one; mend etcd, then run pulumi up again",
    );
  const encrypter = new Encrypter();
  encrypter.addRecipient(options.recipient);
  const sealed = await encrypter.encrypt(readFileSync(clear));
  rmSync(clear);
  const file = join(folder, `${new Date().toISOString().replace(/[:.]/g, "-")}${suffix}`);
  writeFileSync(`${file}.new`, sealed, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  for (const old of snapshots(folder).slice(0, -kept)) rmSync(join(folder, old));
  step.say(`etcd snapshot of ${machine.name}: ${file}`);
}

/** Names sort by time. */
function snapshots(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(suffix))
    .sort();
}
