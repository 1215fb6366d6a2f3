// What a version is and which of two comes first. The order is that of semver.org, 11: `v1.36.0-rc.1` comes before `v1.36.0`,
// and what stands behind a plus has no order.
import type { SemVer } from "semver";
// The package as a whole takes five times as long to load, in every step.
import parse from "semver/functions/parse.js";

/**
 * A version with or without leading v, e.g. `v1.36.3`; a minor alone is its first patch, e.g. `1.36` or `2.9.x`. Undefined for
 * what is none.
 */
export function parseVersion(version: string | undefined): SemVer | undefined {
  return parse(version) ?? parse(version?.replace(/(\.[xX*])?$/, ".0")) ?? undefined;
}

/** Whether a text is `X.Y.Z` or one before the release such as `X.Y.Z-rc.1`, without leading v and without a plus. */
export function isPlainVersion(text: string): boolean {
  return parse(text)?.version === text;
}

/** Without its leading v. */
export function plainVersion(version: string): string {
  return version.replace(/^v/, "");
}

/** The minor of a version, e.g. `1.36` of `v1.36.3` and of `v1.36`; undefined when it is not a version. */
export function minorOf(version: string | undefined): string | undefined {
  const parsed = parseVersion(version);
  return parsed && `${parsed.major}.${parsed.minor}`;
}

/** Below zero when `one` is older than `other`, above when it is newer; zero where one of them cannot be read. */
export function compareVersions(one: string | undefined, other: string | undefined): number {
  const [left, right] = [parseVersion(one), parseVersion(other)];
  return left === undefined || right === undefined ? 0 : left.compare(right);
}

/** As {@link compareVersions}, of the minors alone: zero for `v1.36.0-rc.1` and `1.36`. */
export function compareMinors(one: string | undefined, other: string | undefined): number {
  return compareVersions(minorOf(one), minorOf(other));
}
