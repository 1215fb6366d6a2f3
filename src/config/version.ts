// Versions as far as rules need them: their order, major and minor.

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

/**
 * Order of two versions with or without leading v, as semver has it: below zero when `one` is older. A version before a
 * release is older than it: `v1.36.0-rc.1` comes before `v1.36.0`. Zero where one cannot be read. Source: semver.org, 11.
 */
export function compareVersions(one: string, other: string): number {
  const [left, right] = [partsOf(one), partsOf(other)];
  if (left === undefined || right === undefined) return 0;
  for (const [at, number] of left.numbers.entries()) {
    const difference = number - (right.numbers[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return compareIdentifiers(left.before, right.before);
}

/** Numbers and what stands behind the hyphen; build metadata has no order. */
function partsOf(
  version: string,
): { readonly numbers: readonly number[]; readonly before: readonly string[] } | undefined {
  const match = /^v?(\d+)\.(\d+)(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+.*)?$/.exec(version);
  if (match === null) return undefined;
  const [, major, minor, patch = "0", before] = match;
  return { numbers: [major, minor, patch].map(Number), before: before?.split(".") ?? [] };
}

function compareIdentifiers(one: readonly string[], other: readonly string[]): number {
  // None at all is the release itself, the newest of them.
  if (one.length === 0 || other.length === 0) return other.length - one.length;
  for (const [at, left] of one.entries()) {
    const right = other[at];
    if (right === undefined) return 1;
    const [leftIsNumber, rightIsNumber] = [/^\d+$/.test(left), /^\d+$/.test(right)];
    if (leftIsNumber !== rightIsNumber) return leftIsNumber ? -1 : 1;
    const difference = leftIsNumber
      ? Number(left) - Number(right)
      : Number(left > right) - Number(left < right);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

/** Patch number of a version, e.g. 3 of `v1.36.3`; 0 where it has none. */
export function patchOf(version: string): number {
  return Number(/^v?\d+\.\d+\.(\d+)/.exec(version)?.[1] ?? 0);
}
