// From one version to another: what is allowed, and the way that would work where it is not.
import { compareVersions, minorOf, minorText } from "./version.ts";
import { newestPatches, type Component } from "./releases.ts";

/** Why a component cannot go from one version to another in one run. */
export interface BadMove {
  /** e.g. `the older v1.11.6`, to be put behind "the stack config asks for". */
  readonly asked: string;
  /** What to do, an imperative without a full stop. */
  readonly todo: string;
}

/**
 * How far one run may go. Sources: siderolabs/talos, upgrades "from one minor to the next"; kubernetes.io, version skew
 * policy; cilium/cilium, upgrade guide ("consecutive minor releases", and rollbacks likewise); fluxcd/website releases:
 * any 2.x to any 2.x, back as well as long as the stored API versions are known.
 */
const rules: Readonly<
  Record<Component, { readonly jumps: boolean; readonly back: boolean; readonly key: string }>
> = {
  Talos: { jumps: false, back: false, key: "versions.talos" },
  Kubernetes: { jumps: false, back: false, key: "versions.kubernetes" },
  Cilium: { jumps: false, back: true, key: "versions.cilium" },
  Flux: { jumps: true, back: true, key: "the OCIRepository's tag in the tree" },
};

/** The problem with a move; undefined for one that is allowed. Versions that cannot be read are left to other rules. */
export function badMove(component: Component, from: string, to: string): BadMove | undefined {
  const [one, other] = [minorOf(from), minorOf(to)];
  if (one === undefined || other === undefined) return undefined;
  const { jumps, back, key } = rules[component];
  const minors = other.major === one.major ? other.minor - one.minor : Infinity;
  const older = compareVersions(to, from) < 0;
  if (older && !back)
    return {
      asked: `the older ${to}`,
      todo:
        `set ${key} to ${from} or newer; ${component} is not taken back by an upgrade` +
        (component === "Talos" ? " (talosctl rollback boots the previous Talos of one machine)" : ""),
    };
  if (jumps || Math.abs(minors) <= 1) return undefined;
  const stops = stopsBetween(component, from, to);
  return {
    asked: `${to}, ${String(Math.abs(minors))} minors ${older ? "back" : "ahead"}`,
    todo: `go one minor at a time, each in an up of its own: ${[...stops, to].join(", then ")}`,
  };
}

/** The versions to stop at on the way, e.g. `["v1.12.12", "v1.13.10"]` from v1.11.6 to v1.14.0. */
function stopsBetween(component: Component, from: string, to: string): readonly string[] {
  const [one, other] = [minorOf(from), minorOf(to)];
  if (one === undefined || one.major !== other?.major) return [];
  const step = other.minor > one.minor ? 1 : -1;
  const stops: string[] = [];
  for (let minor = one.minor + step; minor !== other.minor; minor += step) {
    const text = minorText({ ...one, minor });
    stops.push(newestPatches[component][text] ?? `the latest ${component === "Cilium" ? "" : "v"}${text}`);
  }
  return stops;
}
