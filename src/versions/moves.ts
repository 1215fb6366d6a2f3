// From one version to another: what is allowed, and the way that would work where it is not.
import type { SemVer } from "semver";
import { names, settings, type Component } from "./components.ts";
import { newestPatches } from "./releases.ts";
import { parseVersion } from "./version.ts";

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
const rules: Readonly<Record<Component, { readonly jumps: boolean; readonly back: boolean }>> = {
  talos: { jumps: false, back: false },
  kubernetes: { jumps: false, back: false },
  cilium: { jumps: false, back: true },
  flux: { jumps: true, back: true },
};

/** The problem with a move; undefined for one that is allowed. Versions that cannot be read are left to other rules. */
export function badMove(component: Component, from: string, to: string): BadMove | undefined {
  const [one, other] = [parseVersion(from), parseVersion(to)];
  if (one === undefined || other === undefined) return undefined;
  const { jumps, back } = rules[component];
  const older = other.compare(one) < 0;
  if (older && !back)
    return {
      asked: `the older ${to}`,
      todo:
        `set ${settings[component]} to ${from} or newer; ${names[component]} is not taken back by an upgrade` +
        (component === "talos" ? " (talosctl rollback boots the previous Talos of one machine)" : ""),
    };
  const minors = other.major === one.major ? other.minor - one.minor : Infinity;
  if (jumps || Math.abs(minors) <= 1) return undefined;
  const stops = minors === Infinity ? [] : stopsBetween(component, one, minors);
  return {
    asked: `${to}, ${Math.abs(minors)} minors ${older ? "back" : "ahead"}`,
    todo: `go one minor at a time, each in an up of its own: ${[...stops, to].join(", then ")}`,
  };
}

/** The versions to stop at on the way, e.g. `["v1.12.12", "v1.13.10"]` from v1.11.6 three minors ahead. */
function stopsBetween(component: Component, { major, minor }: SemVer, minors: number): readonly string[] {
  return Array.from({ length: Math.abs(minors) - 1 }, (_, index) => {
    const stop = `${major}.${minor + Math.sign(minors) * (index + 1)}`;
    return newestPatches[component][stop] ?? `the latest ${component === "cilium" ? "" : "v"}${stop}`;
  });
}
