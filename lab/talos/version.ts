// Versions of Talos in the form `v1.12.0`.

/** The minor number, e.g. 12 of `v1.12.0`. */
export function minorOf(version: string): number {
  return Number(/^v?\d+\.(\d+)/.exec(version)?.[1] ?? 0);
}
