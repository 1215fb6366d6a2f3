// Which versions can be had on this computer, for a lab. Only this file knows where the lab and the tools say so.
import { fluxVersions, published, versions } from "../../lab/settings.ts";
import { newestPatches } from "../../src/versions/releases.ts";
import { compareMinors, compareVersions, parseVersion } from "../../src/versions/version.ts";
import { programOf } from "../../tools/programs.ts";
import type { Catalogue, VersionPlan } from "./versions.ts";

/** Version of the only talosctl that can be built. */
const talosctl = `v${programOf("talosctl")?.program.probe?.version ?? ""}`;

/** Talos in a lab is only a number, but the client that upgrades to it is the real one, and must be no older. */
function talosPatches(): readonly string[] {
  return Object.entries(newestPatches.talos).flatMap(([minor, newest]) => {
    if (compareMinors(minor, talosctl) > 0) return [];
    const { patch = 0 } = parseVersion(newest) ?? {};
    return Array.from({ length: patch + 1 }, (_, number) => `v${minor}.${String(number)}`);
  });
}

const talos = talosPatches();

/** What there is. */
export const catalogue: Catalogue = {
  talos: {
    listed: talos,
    has: (version) => compareMinors(version, talosctl) <= 0 && compareMinors(version, talos[0]) >= 0,
    limit: `the newest talosctl that can be had here is ${talosctl}`,
  },
  kubernetes: ofList(published.kubernetes),
  // The lab makes a chart of any version.
  cilium: { listed: [], has: () => true, limit: "" },
  flux: ofList(fluxVersions),
};

/** Whether a lab needs the programs of older versions for this, which take their time to build. */
export function needsOlder({ kubernetes, flux }: VersionPlan["rehearsed"]): boolean {
  return (
    [kubernetes.from, kubernetes.to].some((version) => version !== versions.kubernetes) ||
    [flux.from, flux.to].some((version) => version !== fluxVersions[0])
  );
}

function ofList(versions: readonly string[]): Catalogue["talos"] {
  return {
    listed: versions,
    has: (version) => versions.includes(version),
    limit: `there are ${versions.toSorted(compareVersions).join(" and ")}`,
  };
}
