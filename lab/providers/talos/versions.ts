// Versions of Talos and config contracts: comparing and checking them. Which Kubernetes goes with which Talos the
// provider does not check.
import type { CheckProblem } from "../shared/spec.ts";
import type { Value } from "../shared/values.ts";
import { stringOf } from "../shared/values.ts";

const numbers = (version: string): readonly number[] =>
  (/^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(version) ?? []).slice(1).map((part) => Number(part ?? 0));

/** Compares two versions or contracts; a missing part counts as 0, so `v1.13.2` is newer than `v1.13`. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [numbers(a), numbers(b)];
  for (let i = 0; i < 3; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Checks a config contract such as `v1.12`, `1.12` or `v1.12.3`. Absent and unknown ones pass. */
export function contractProblem(property: string, value: Value | undefined): CheckProblem[] {
  const text = stringOf(value);
  if (text === undefined || /^v?\d+\.\d+(\.\d+)?([-+].*)?$/.test(text)) return [];
  return [{ property, reason: `Invalid version: error parsing version "${text}"` }];
}
