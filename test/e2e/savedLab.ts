// Where end-to-end tests begin: a finished, proven cluster of one size, built once and then copied back in seconds.
//
// A copy can only become the very lab it was made of, because its addresses are in certificates. So all tests that begin at
// a starting point share one lab, and have it one after the other (TestLab.restored holds a lock of it).
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { savedFolder } from "../../lab/labFile.ts";
import type { LabSize } from "../../lab/layout.ts";
import { hashOf } from "../../tools/cache.ts";
import { setFluxTag } from "./fluxTag.ts";
import { assertNoChange, project, type ConfigChange, type TestLab } from "./testLab.ts";

/** What a saved lab is. */
export interface StartingPoint {
  readonly size: LabSize;
  /** What its stack config says instead of the lab's own. */
  readonly config: ConfigChange;
  /** Version of Flux, where it is not the one in `cluster/`. */
  readonly flux?: string;
}

/** The oldest set of versions that goes together and can be built. */
export const oldest = { talos: "v1.11.6", kubernetes: "v1.34.4", cilium: "1.19.7", flux: "v2.7.3" } as const;

/** The newest ones. */
export const newest = { talos: "v1.12.0", kubernetes: "v1.35.4", cilium: "1.20.1", flux: "v2.9.4" } as const;

/**
 * The starting points by name. `ha`: three control planes and two workers (and `spare-1`, bare) at the oldest versions, so
 * that everything can be bumped from there. `small`: one and one at the versions that a new lab has.
 */
export const startingPoints = {
  ha: {
    size: "lab-ha",
    config: {
      versions: () => ({ talos: oldest.talos, kubernetes: oldest.kubernetes, cilium: oldest.cilium }),
      cluster: (cluster) => ({ ...cluster, talosContract: "v1.11" }),
      upgrades: () => ({ drainSeconds: 10, rebootSeconds: 60, ciliumSeconds: 45 }),
    },
    flux: oldest.flux,
  },
  small: { size: "lab", config: {} },
} as const satisfies Readonly<Record<string, StartingPoint>>;

/** Five machines that start at once on two cores which other tests use as well. */
const startSeconds = 180;

/** Brings a lab to its starting point: from a copy, or by building it and making the copy. Whatever was there is gone. */
export async function begin(lab: TestLab, point: StartingPoint): Promise<void> {
  await lab.remove();
  const copies = savedFolder(project, lab.name);
  const copy = usableCopy(copies, keyOf(point));
  if (copy === undefined || !(await restore(lab, point, copy))) await build(lab, point);
}

/** @returns false when there is something wrong with the copy, e.g. somebody else's lab has its addresses */
async function restore(lab: TestLab, point: StartingPoint, copy: string): Promise<boolean> {
  try {
    await lab.cli("restore", copy);
    await start(lab, point);
    return true;
  } catch (error) {
    console.log(`the copy of ${lab.name} is of no use: ${error instanceof Error ? error.message : ""}`);
    await lab.remove();
    return false;
  }
}

async function build(lab: TestLab, point: StartingPoint): Promise<void> {
  rmSync(savedFolder(project, lab.name), { recursive: true, force: true });
  await lab.cli("up", "--size", point.size);
  lab.changeConfig(point.config);
  if (point.flux !== undefined) await setFluxTag(lab, point.flux);
  await lab.finish();
  assertNoChange(await lab.previewed());
  await lab.cli("down");
  await lab.cli("save", keyOf(point));
  await start(lab, point);
}

/** Starts the lab and waits until everything in it is as alive as its stored state says. */
async function start(lab: TestLab, { config }: StartingPoint): Promise<void> {
  const begun = new Date().toISOString();
  await lab.cli("up");
  lab.changeConfig(config);
  await lab.until(
    `${lab.name} whole`,
    async () => {
      const { machines } = await lab.status();
      const members = machines.filter(({ role }) => role !== undefined);
      const planes = members.filter(({ role }) => role === "controlplane");
      if (!members.every(({ state }) => state === "running") || !planes.every(({ etcd, api }) => etcd && api))
        return false;
      // A Node's Ready is what it was before the stop, until its kubelet has said something.
      const leases = await lab.get<{ items: { spec: { renewTime: string } }[] }>([
        "leases",
        "-n",
        "kube-node-lease",
      ]);
      const alive = leases.items.filter(({ spec }) => spec.renewTime > begun);
      const nodes = await lab.ok("kubectl", "get", "nodes", "--no-headers");
      return alive.length === members.length && [...nodes.matchAll(/ Ready /g)].length === members.length;
    },
    startSeconds,
  );
}

/** A copy made by this very code; with HOME_OPS_STALE_COPY=1, for work on tests, any. */
function usableCopy(folder: string, key: string): string | undefined {
  const copies = existsSync(folder) ? readdirSync(folder).filter((name) => !name.endsWith(".new")) : [];
  if (copies.includes(key)) return key;
  return process.env["HOME_OPS_STALE_COPY"] === "1" ? copies[0] : undefined;
}

/** All that decides what a copy holds. */
const sources = [
  "src",
  "tree",
  "sdks",
  "lab",
  "cluster",
  "index.ts",
  "Pulumi.yaml",
  "package-lock.json",
  "tools/programs.ts",
  "test/e2e/savedLab.ts",
];

function keyOf({ size, flux = "" }: StartingPoint): string {
  const files = sources.flatMap(filesOf).sort();
  return hashOf(size, flux, ...files.flatMap((file) => [file, readFileSync(join(project, file), "utf8")]));
}

function filesOf(path: string): readonly string[] {
  if (!statSync(join(project, path)).isDirectory()) return [path];
  return readdirSync(join(project, path), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(project.length + 1));
}
