// The difference between two machine configs, line by line, as a dry run shows it.

/**
 * Lines that differ, `-` for gone and `+` for new; `No changes.` when there are none.
 * Shows what is in the configs, secrets too, as Talos does to an admin.
 */
export function configDiff(before: Buffer, after: Buffer): string {
  const a = before.toString("utf8").trimEnd().split("\n");
  const b = after.toString("utf8").trimEnd().split("\n");
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  const gone = a.slice(head, a.length - tail);
  const fresh = b.slice(head, b.length - tail);
  if (gone.length + fresh.length === 0) return "No changes.";
  const position = `@@ -${String(head + 1)},${String(gone.length)} +${String(head + 1)},${String(fresh.length)} @@`;
  return [position, ...gone.map((line) => `-${line}`), ...fresh.map((line) => `+${line}`)].join("\n");
}
