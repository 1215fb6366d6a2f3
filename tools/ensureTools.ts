// Makes a toolbox: takes what is there, builds the rest.
import { mkdirSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { cacheRoot, groupFolder, isBuilt, type Environment } from "./cache.ts";
import { buildProgram } from "./buildProgram.ts";
import { findPresent } from "./found.ts";
import { fluxManifests } from "./fluxManifests/folder.ts";
import { acquireLock } from "./lock.ts";
import { moduleFile } from "./moduleFile.ts";
import { ownRecipes } from "./moduleVersion.ts";
import { groups, labTools, programOf, type Group } from "./programs.ts";
import { duration, Progress, type ProgressStream, type Work } from "./progress.ts";
import type { Toolbox } from "./toolbox.ts";

/** What to get, and from where. All have defaults. */
export interface EnsureToolsOptions {
  /** Toolbox keys, built in this order. Default: all that a lab needs. */
  readonly keys?: readonly string[];
  /** Asked before an entry is built: the path of what may take its place, e.g. an official plugin. */
  readonly find?: (key: string) => Promise<string | undefined>;
  /** Called for each entry as soon as it is there. */
  readonly onTool?: (key: string, path: string) => void;
  /** Default: standard error. */
  readonly output?: ProgressStream;
  /** Default: the environment of this process. */
  readonly env?: Environment;
  /** Default: the recipes of this checkout. */
  readonly recipes?: string;
  /** Default: all groups. */
  readonly groups?: readonly Group[];
}

/** Everything that making a toolbox entry needs. */
export interface Workshop {
  readonly root: string;
  readonly recipes: string;
  readonly groups: readonly Group[];
  readonly env: Environment;
}

/** A toolbox entry that is made if its path does not exist. */
interface Entry extends Work {
  readonly path: string;
  /** Keys that are needed to make it. */
  readonly needs: readonly string[];
  make(toolbox: Toolbox): Promise<void>;
}

/** Downloads of all Go modules, at the speed of an ordinary line; only said when much is built. */
const downloadSeconds = 300;
const muchSeconds = 600;

/**
 * A toolbox with these entries. With everything there it takes milliseconds and writes at most one line.
 * @throws Error naming the unknown key, or the program whose build failed with the compiler's last lines
 */
export async function ensureTools(options: EnsureToolsOptions = {}): Promise<Toolbox> {
  const { onTool = () => undefined, output = process.stderr, env = process.env } = options;
  const workshop: Workshop = {
    root: cacheRoot(env),
    recipes: options.recipes ?? ownRecipes,
    groups: options.groups ?? groups,
    env,
  };
  const toolbox: Record<string, string> = {};
  const add = (key: string, path: string): void => {
    toolbox[key] = path;
    onTool(key, path);
  };
  const wanted = withNeeds(options.keys ?? labTools, workshop);
  const missing: Entry[] = [];
  for (const entry of wanted) {
    if (isBuilt(entry.path)) add(entry.key, entry.path);
    else missing.push(entry);
  }
  const toBuild = await takePresent(missing, workshop, add, output);
  if (toBuild.length > 0) await buildAll(toBuild, workshop, { toolbox, add, output, find: options.find });
  return Object.fromEntries((options.keys ?? labTools).map((key) => [key, toolbox[key] ?? ""]));
}

/** Path of an entry that is in the cache; undefined when it is not, or there is no such entry. Builds nothing. */
export function builtTool(key: string, env: Environment = process.env): string | undefined {
  const workshop: Workshop = { root: cacheRoot(env), recipes: ownRecipes, groups, env };
  const path = pathOf(key, workshop);
  return path !== undefined && isBuilt(path) ? path : undefined;
}

function pathOf(key: string, workshop: Workshop): string | undefined {
  const made = fluxManifests(key, workshop) ?? moduleFile(key, workshop);
  const found = programOf(key, workshop.groups);
  if (made !== undefined || found === undefined) return made?.path;
  return join(groupFolder(workshop.root, workshop.recipes, found.group), found.program.output);
}

/** The entries of these keys. Each comes after what it is made with, which is only asked for when it has to be made. */
function withNeeds(keys: readonly string[], workshop: Workshop): Entry[] {
  const entries = new Map<string, Entry>();
  const add = (key: string): void => {
    if (entries.has(key)) return;
    const entry = entryOf(key, workshop);
    if (!isBuilt(entry.path)) for (const need of entry.needs) add(need);
    entries.set(key, entry);
  };
  for (const key of keys) add(key);
  return [...entries.values()];
}

function entryOf(key: string, workshop: Workshop): Entry {
  const made = fluxManifests(key, workshop) ?? moduleFile(key, workshop);
  if (made !== undefined) return { key, ...made };
  const found = programOf(key, workshop.groups);
  if (found === undefined) {
    const all = workshop.groups.flatMap((group) => group.programs.map((program) => program.key));
    throw new Error(`there is no tool ${key}; there are ${[...new Set([...all, ...labTools])].join(", ")}`);
  }
  const path = join(groupFolder(workshop.root, workshop.recipes, found.group), found.program.output);
  return {
    key,
    path,
    seconds: found.program.seconds,
    needs: [],
    make: () => buildProgram(found, path, workshop),
  };
}

/** Takes what is on PATH or in mise, says so, and returns what remains to be built. */
async function takePresent(
  missing: readonly Entry[],
  workshop: Workshop,
  add: (key: string, path: string) => void,
  output: ProgressStream,
): Promise<Entry[]> {
  const looked = await Promise.all(
    missing.map(async (entry) => {
      const probe = programOf(entry.key, workshop.groups)?.program.probe;
      return { entry, present: probe && (await findPresent(probe, workshop.env)) };
    }),
  );
  const taken = [];
  for (const { entry, present } of looked) {
    if (present === undefined) continue;
    add(entry.key, present.path);
    taken.push(`${entry.key} ${present.path}${present.from === "mise" ? " (mise)" : ""}`);
  }
  if (taken.length > 0) output.write(`Tools taken from this computer: ${taken.join(", ")}\n`);
  return looked.filter(({ present }) => present === undefined).map(({ entry }) => entry);
}

interface Building {
  readonly toolbox: Toolbox;
  readonly add: (key: string, path: string) => void;
  readonly output: ProgressStream;
  readonly find: EnsureToolsOptions["find"];
}

async function buildAll(entries: readonly Entry[], workshop: Workshop, building: Building): Promise<void> {
  const { add, output } = building;
  mkdirSync(workshop.root, { recursive: true });
  const lock = await acquireLock(workshop.root, (holder) =>
    output.write(`Process ${holder} is building tools: waiting for it\n`),
  );
  try {
    // Another process may have built some of them while this one waited.
    const work = entries.filter((entry) => !isBuilt(entry.path));
    const progress = new Progress(
      output,
      work.map((entry) => ({ key: entry.key, seconds: onThisComputer(entry.seconds) })),
    );
    if (work.length > 0) progress.line(introduction(work));
    for (const entry of entries)
      add(entry.key, isBuilt(entry.path) ? entry.path : await getOne(entry, progress, building));
  } finally {
    await lock.release();
  }
}

/** Path of an entry that is not in the cache: of what takes its place, or of the one made now. */
async function getOne(entry: Entry, progress: Progress, { toolbox, find }: Building): Promise<string> {
  return progress.during({ key: entry.key, seconds: onThisComputer(entry.seconds) }, async () => {
    const found = await find?.(entry.key);
    if (found === undefined) await entry.make(toolbox);
    return found ?? entry.path;
  });
}

function introduction(work: readonly Entry[]): string {
  const measured = work.reduce((sum, { seconds }) => sum + seconds, 0);
  const downloads =
    measured > muchSeconds
      ? ` and about ${duration(downloadSeconds)} of downloads, if Go has not built them before`
      : "";
  const things = work.length === 1 ? "1 tool" : `${work.length} tools`;
  return `Building ${things}: about ${duration(onThisComputer(measured))} on ${cpus().length} cores${downloads}`;
}

/** The table's seconds are those of two cores; a part of the work, the linker above all, is not shared among cores. */
function onThisComputer(seconds: number): number {
  const shared = 0.6;
  return seconds * (1 - shared + (shared * 2) / Math.max(1, cpus().length));
}
