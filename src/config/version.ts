// Versions as far as rules need them: major and minor.

/** A minor version, e.g. 1.36 of `v1.36.3`. */
export interface Minor {
  readonly major: number;
  readonly minor: number;
}

/** Minor of a version with or without leading v; undefined when it is not a version. */
export function minorOf(version: string): Minor | undefined {
  const match = /^v?(\d+)\.(\d+)(\.|$)/.exec(version);
  return match === null ? undefined : { major: Number(match[1]), minor: Number(match[2]) };
}

/** Below zero when `one` is older than `other`, above when it is newer, zero for the same minor. */
export function compareMinors(one: Minor, other: Minor): number {
  return one.major - other.major || one.minor - other.minor;
}

/** e.g. `1.36`. */
export function minorText({ major, minor }: Minor): string {
  return `${String(major)}.${String(minor)}`;
}

/** Patch number of a version, e.g. 3 of `v1.36.3`; 0 where it has none. */
export function patchOf(version: string): number {
  return Number(/^v?\d+\.\d+\.(\d+)/.exec(version)?.[1] ?? 0);
}
