// Values as short texts for a table.
import { unknownValue } from "./preview.ts";

/** Longer values are cut; the diffs below the table have them whole. */
const longest = 44;

/** A value as one short line, e.g. `v1.12.0`, `[a, b]`; undefined stays undefined. */
export function shortText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (value === unknownValue) return "(known later)";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  // Schematics and other hashes: the beginning tells them apart.
  const short = text.replace(/\b([0-9a-f]{12})[0-9a-f]{28,}\b/g, "$1…").replace(/\s*\n\s*/g, " ");
  return short.length > longest ? `${short.slice(0, longest - 1)}…` : short;
}

/** An estimate for people, e.g. `about 6 min`. */
export function duration(seconds: number): string {
  if (seconds < 8) return "seconds";
  if (seconds < 50) return `about ${String(Math.round(seconds / 10) * 10)} s`;
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 100) return `about ${String(minutes)} min`;
  return `about ${String(Math.round(minutes / 6) / 10)} h`;
}

/** `1 change`, `2 changes`. */
export function count(number: number, thing: string): string {
  return `${String(number)} ${thing}${number === 1 ? "" : "s"}`;
}
