// Can a config be taken without a reboot? Talos allows everything but what is left when these parts are taken away.
// Source: siderolabs/talos v1.12.0 internal/app/machined/pkg/runtime/v1alpha1/v1alpha1_runtime.go, CanApplyImmediate.
import { isDeepStrictEqual } from "node:util";
import { isObject } from "./decode.ts";
import type { YamlObject } from "./decode.ts";

const immediateMachineKeys = [
  "ca",
  "acceptedCAs",
  "time",
  "certSANs",
  "install",
  "network",
  "sysfs",
  "sysctls",
  "logging",
  "controlPlane",
  "kubelet",
  "kernel",
  "registries",
  "pods",
  "seccompProfiles",
  "nodeAnnotations",
  "nodeLabels",
  "nodeTaints",
];

const immediateFeatures = [
  "kubernetesTalosAPIAccess",
  "kubePrism",
  "hostDNS",
  "imageCache",
  "nodeAddressSortAlgorithm",
];

/** The keys of `machine` whose change needs a reboot, e.g. `["machine.files"]`; empty when none. */
export function keysNeedingReboot(current: YamlObject, wanted: YamlObject): string[] {
  const before = rest(current);
  const after = rest(wanted);
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((key) => !isDeepStrictEqual(before[key], after[key]))
    .map((key) => `machine.${key}`);
}

function rest(machine: YamlObject): Record<string, unknown> {
  const kept = without(machine, immediateMachineKeys);
  const features = kept["features"];
  return isObject(features) ? { ...kept, features: without(features, immediateFeatures) } : kept;
}

function without(value: YamlObject, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));
}
