// Which labs there are: `.lab/<name>/lab.json` says what a lab is, so that later commands and restarts need no options.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { layoutOf, ports, type LabLayout, type LabShape, type LabSize } from "./layout.ts";

/** Name of the file. */
export const labFile = "lab.json";

interface LabFile {
  /** Name of a size, or a shape of the lab's own. */
  readonly size: LabSize | LabShape;
  readonly slot: number;
}

// The rest of 127.10.0.0/16 is for tests.
const highestSlot = 200;

/** Whether there is a lab of this name. */
export function labExists(project: string, name: string): boolean {
  return existsSync(fileOf(project, name));
}

/** The layout of a lab. @throws Error with the command that makes one when there is none */
export function readLab(project: string, name: string): LabLayout {
  if (!labExists(project, name))
    throw new Error(
      `there is no lab "${name}"; make it with: npm run lab -- up${name === "lab" ? "" : ` --name ${name}`}`,
    );
  return layoutIn(fileOf(project, name), project, name);
}

/** Folder of a lab's copies (saved.ts). */
export function savedFolder(project: string, name: string): string {
  return join(project, ".lab", ".saved", name);
}

/** The layout that a lab has when this copy of it is restored. */
export function readSavedLab(project: string, name: string, copy: string): LabLayout {
  return layoutIn(join(savedFolder(project, name), copy, labFile), project, name);
}

function layoutIn(file: string, project: string, name: string): LabLayout {
  const { size, slot } = JSON.parse(readFileSync(file, "utf8")) as LabFile;
  return layoutOf(project, name, size, slot);
}

/**
 * Makes a lab's file, with a slot that nobody on this machine holds and no lab of this project has. Other clones have labs
 * too, which may be stopped just now: where the search begins depends on the clone and the name, so that they rarely meet.
 */
export async function createLab(project: string, name: string, size: LabSize | LabShape): Promise<LabLayout> {
  const taken = new Set([
    ...labNames(project).map((other) => readLab(project, other).slot),
    ...savedSlots(project, name),
  ]);
  const hash = createHash("sha256")
    .update(join(resolve(project), name))
    .digest();
  for (let tried = 0; tried < highestSlot; tried++) {
    const slot = 1 + ((hash.readUInt32BE() + tried) % highestSlot);
    const layout = layoutOf(project, name, size, slot);
    if (taken.has(slot) || !(await isFree(layout.servicesAddress))) continue;
    mkdirSync(layout.root, { recursive: true, mode: 0o700 });
    const content: LabFile = { size, slot };
    writeFileSync(fileOf(project, name), `${JSON.stringify(content)}\n`);
    return layout;
  }
  throw new Error(
    `all ${String(highestSlot)} lab slots (127.10.1.0/24 …) are taken: npm run lab -- destroy one`,
  );
}

/** Names of the labs of this project. */
export function labNames(project: string): readonly string[] {
  const root = join(project, ".lab");
  if (!existsSync(root)) return [];
  return readdirSync(root).filter((name) => labExists(project, name));
}

/** Other labs' copies come back to the addresses that are in their certificates. */
function savedSlots(project: string, name: string): readonly number[] {
  const root = join(project, ".lab", ".saved");
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .filter((other) => other !== name)
    .flatMap((other) =>
      readdirSync(join(root, other))
        .filter((copy) => existsSync(join(root, other, copy, labFile)))
        .map((copy) => readSavedLab(project, other, copy).slot),
    );
}

function fileOf(project: string, name: string): string {
  return join(project, ".lab", name, labFile);
}

/** Nobody listens where a lab's supervisor would. */
async function isFree(address: string): Promise<boolean> {
  const probe = createServer();
  try {
    probe.listen(ports.control, address);
    await once(probe, "listening");
    return true;
  } catch {
    return false;
  } finally {
    probe.close();
  }
}
