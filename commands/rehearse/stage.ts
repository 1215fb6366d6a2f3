// The lab of a rehearsal: made for the stack's machines, given the committed stack and tree first and the bump later.
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { removeLab, startLab } from "../../lab/cli/start.ts";
import { isAlive } from "../../lab/cli/supervise.ts";
import { labTools } from "../../lab/cli/tools.ts";
import { createLab, labExists, readLab } from "../../lab/labFile.ts";
import { layoutOf, type LabLayout, type LabShape } from "../../lab/layout.ts";
import { stackFile } from "../../lab/stack.ts";
import { callLab } from "../../lab/supervisor/control.ts";
import { prepareTree } from "./tree.ts";
import { StepError } from "../../src/steps/stepError.ts";

/** Name of a stack's rehearsal lab: what `npm run lab -- --name` takes. */
function labNameOf(stack: string): string {
  return `rehearse-${stack.toLowerCase().replaceAll(/[^a-z0-9-]+/g, "-")}`.slice(0, 21);
}

/**
 * Builds the programs that a lab needs. Takes long the first time, and leaves nothing to remove.
 * @param older also those of older versions
 */
export async function getTools(older: boolean): Promise<void> {
  await labTools(older);
}

/** What a new lab is made of. */
export interface StageOptions {
  readonly project: string;
  readonly stack: string;
  readonly shape: Omit<LabShape, "tree">;
  /** Copy of the tree to begin with. */
  readonly tree: string;
  readonly fluxVersion: string;
}

/**
 * Makes the lab and starts it. One that an earlier rehearsal has left is removed.
 * @param onLayout called as soon as there is something to remove
 * @throws StepError while another rehearsal of the stack runs
 */
export async function startStage(
  { project, stack, shape: made, tree, fluxVersion }: StageOptions,
  say: (line: string) => void,
  onLayout: (layout: LabLayout) => void,
): Promise<LabLayout> {
  const name = labNameOf(stack);
  if (labExists(project, name)) {
    const left = readLab(project, name);
    refuseRunning(left, stack);
    say("removing the lab of an earlier rehearsal");
    await removeLab(left);
  }
  const { root } = layoutOf(project, name, "lab", 1);
  const shape: LabShape = { ...made, tree: join(root, "tree") };
  const layout = await createLab(project, name, shape);
  onLayout(layout);
  // Of a lab whose folder somebody has removed.
  rmSync(stackFile(layout), { force: true });
  writeFileSync(holderFile(layout), String(process.pid));
  placeTree(layout, tree, fluxVersion);
  return startLab({ project, name, size: shape }, say);
}

/** Leaves the lab to whoever looks around in it, and to the next rehearsal. */
export function releaseStage(layout: LabLayout): void {
  rmSync(holderFile(layout), { force: true });
}

/** Puts a tree in the place of the one before. The lab's Git host gets it with {@link pushStage}. */
export function placeTree(layout: LabLayout, tree: string, fluxVersion: string): void {
  rmSync(layout.tree, { recursive: true, force: true });
  mkdirSync(dirname(layout.tree), { recursive: true, mode: 0o700 });
  cpSync(tree, layout.tree, { recursive: true });
  prepareTree(layout.tree, fluxVersion);
}

/** Brings the tree to the Git host. @returns the commit */
export async function pushStage(layout: LabLayout): Promise<string> {
  const { commit } = await callLab<{ commit: string }>(layout, "push");
  return commit;
}

/** Switches a machine off for good. */
export async function switchOff(layout: LabLayout, machine: string): Promise<void> {
  await callLab(layout, "power", { machine, on: false });
}

/** What the lab has written into its stack file, below `config:`. */
export function ownConfig(layout: LabLayout): Readonly<Record<string, unknown>> {
  return readStack(layout).config;
}

/** Puts a stack config in the place of the one before; the engine's own keys beside it stay. */
export function placeConfig(layout: LabLayout, config: Readonly<Record<string, unknown>>): void {
  const file = stackFile(layout);
  const next = `${file}.${String(process.pid)}`;
  const text = stringify({ ...readStack(layout), config });
  writeFileSync(next, `# Written by npm run rehearse.\n${text}`);
  renameSync(next, file);
}

function readStack(layout: LabLayout): { readonly config: Readonly<Record<string, unknown>> } {
  return parse(readFileSync(stackFile(layout), "utf8")) as { config: Record<string, unknown> };
}

function holderFile(layout: LabLayout): string {
  return join(layout.root, "rehearsal.pid");
}

function refuseRunning(layout: LabLayout, stack: string): void {
  const file = holderFile(layout);
  const holder = existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
  if (holder > 0 && isAlive(holder))
    throw new StepError(`process ${String(holder)} is rehearsing ${stack}`, "wait for it, or stop it");
}
