// What a changed piece of machine config costs, by its path. Talos takes everything without a reboot but what is not in
// this list; the program sends configs in mode auto, which reboots the machine exactly then.
// Source: siderolabs/talos v1.12.0 internal/app/machined/pkg/runtime/v1alpha1/v1alpha1_runtime.go, CanApplyImmediate.
// Change here when that function changes.
import { restartsStaticPods } from "./staticPods.ts";

/** Parts of `machine` that are taken at once. */
const immediateMachine = [
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
  "features.kubernetesTalosAPIAccess",
  "features.kubePrism",
  "features.hostDNS",
  "features.imageCache",
  "features.nodeAddressSortAlgorithm",
];

/** What is taken at once: these, and all other documents (the function compares the main one only). */
const immediate = ["debug", "cluster", "documents", ...immediateMachine.map((part) => `machine.${part}`)];

/** Parts that the kubelet reads or runs: it starts again, or its static pods do. */
const restarting = ["machine.kubelet", "machine.pods"];

const inside = (path: string, parts: readonly string[]): boolean =>
  parts.some((part) => path === part || path.startsWith(`${part}.`));

/** Whether a change at this path of a machine config, e.g. `machine.files`, makes the machine reboot. */
export function needsReboot(path: string): boolean {
  return !inside(path, immediate);
}

/** Whether it makes the kubelet or a static pod start again. */
export function needsRestart(path: string): boolean {
  return inside(path, restarting) || restartsStaticPods(path);
}
