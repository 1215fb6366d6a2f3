// Talos and Kubernetes versions: comparing them, and which go together.
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

/**
 * Kubernetes minors that a Talos minor runs. Source: siderolabs/talos pkg/machinery/compatibility/talosNNN. Talos minors
 * that are not here are not checked.
 */
const supported: Readonly<Record<string, readonly [number, number]>> = {
  "1.10": [28, 33],
  "1.11": [29, 34],
  "1.12": [30, 35],
  "1.13": [31, 36],
};

/** Checks that a Kubernetes version fits a Talos contract. */
export function kubernetesProblem(kubernetes: Value | undefined, talos: string): CheckProblem[] {
  const text = stringOf(kubernetes);
  if (text === undefined) return [];
  if (!/^v?\d+\.\d+\.\d+/.test(text))
    return [
      {
        property: "kubernetesVersion",
        reason: `kubernetes_version is invalid: error parsing version "${text}"`,
      },
    ];
  const [major, minor] = numbers(talos);
  const range = supported[`${major}.${minor}`];
  const kubernetesMinor = numbers(text)[1] ?? 0;
  if (range === undefined || (kubernetesMinor >= range[0] && kubernetesMinor <= range[1])) return [];
  const problem = kubernetesMinor > range[1] ? "new" : "old";
  return [
    {
      property: "kubernetesVersion",
      reason: `talos_version is not compatible with kubernetes_version: version of Kubernetes ${text.replace(/^v/, "")} is too ${problem} to be used on Talos ${talos.replace(/^v/, "")}`,
    },
  ];
}
