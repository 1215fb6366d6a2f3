// A snapshot of etcd before anything is upgraded. In clear it only ever lies in the step's private folder in memory.
import { readFileSync, rmSync } from "node:fs";
import { ensureBackup, type BackupOptions } from "../../steps/backup.ts";
import { StepError } from "../../steps/stepError.ts";
import { reasonOf } from "../../steps/talosctl.ts";
import type { Asking } from "../clusterView.ts";
import type { MachineRef } from "../contracts.ts";

/** Takes a snapshot unless there is one for this target that is younger than a day. @throws StepError when etcd gives none */
export async function ensureSnapshot(
  { step, talosctl }: Asking,
  { name, address }: MachineRef,
  where: Omit<BackupOptions, "kind">,
): Promise<void> {
  const file = await ensureBackup({ ...where, kind: "etcd.db" }, async () => {
    const clear = step.secretFile("etcd.db", "");
    // talosctl refuses to write over a file.
    rmSync(clear);
    const result = await talosctl.run(address, ["etcd", "snapshot", clear], 300);
    if (result.code !== 0)
      throw new StepError(
        `${name}: etcd gives no snapshot: ${reasonOf(result)}`,
        "nothing has been upgraded without one; fix etcd, then run pulumi up again",
      );
    const content = readFileSync(clear);
    rmSync(clear);
    return content;
  });
  if (file !== undefined) step.say(`etcd snapshot of ${name}: ${file}`);
}
