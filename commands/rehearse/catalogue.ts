// Which versions can be had on this computer, for a lab. Only this file knows where the lab and the tools say so.
import { fluxVersions, published } from "../../lab/settings.ts";
import { newestPatches } from "../../src/config/releases.ts";
import { compareMinors, minorOf } from "../../src/config/version.ts";
import { programOf } from "../../tools/programs.ts";
import type { Catalogue } from "./versions.ts";

/** Version of the only talosctl that can be built. */
const talosctl = `v${programOf("talosctl")?.program.probe?.version ?? ""}`;

/** Talos in a lab is only a number, but the client that upgrades to it is the real one, and must be no older. */
function talosPatches(): readonly string[] {
  const client = minorOf(talosctl);
  return Object.entries(newestPatches.Talos).flatMap(([minor, newest]) => {
    const own = minorOf(minor);
    if (own === undefined || client === undefined || compareMinors(own, client) > 0) return [];
    const last = Number(newest.split(".")[2] ?? 0);
    return Array.from({ length: last + 1 }, (_, patch) => `v${minor}.${String(patch)}`);
  });
}

const talos = talosPatches();
const oldestTalos = minorOf(talos[0] ?? "");

/** What there is. */
export const catalogue: Catalogue = {
  talos: {
    listed: talos,
    has: (version) => {
      const [own, client] = [minorOf(version), minorOf(talosctl)];
      if (own === undefined || client === undefined || oldestTalos === undefined) return false;
      return compareMinors(own, client) <= 0 && compareMinors(own, oldestTalos) >= 0;
    },
    limit: `the newest talosctl that can be had here is ${talosctl}`,
  },
  kubernetes: ofList(published.kubernetes),
  // The lab makes a chart of any version.
  cilium: { listed: [], has: () => true, limit: "" },
  flux: ofList(fluxVersions),
};

function ofList(versions: readonly string[]): Catalogue["talos"] {
  return {
    listed: versions,
    has: (version) => versions.includes(version),
    limit: `there are ${[...versions].sort().join(" and ")}`,
  };
}
