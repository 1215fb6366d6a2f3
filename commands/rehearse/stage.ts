// The lab of a rehearsal: made for the stack's machines, given the committed stack and tree first and the bump later.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { removeLab, startLab } from "../../lab/cli/start.ts";
import { isAlive } from "../../lab/cli/supervise.ts";
import { createLab, labExists, readLab } from "../../lab/labFile.ts";
import { layoutOf, type LabLayout, type LabShape } from "../../lab/layout.ts";
import { stackFile } from "../../lab/stack.ts";
import { callLab } from "../../lab/supervisor/control.ts";
import { replaceFile } from "../../src/steps/replaceFile.ts";
import { StepError } from "../../src/steps/stepError.ts";
import { prepareTree } from "./tree.ts";

/** What a new lab is made of. */
interface StageOptions {
  readonly project: string;
  readonly stack: string;
  readonly shape: Omit<LabShape, "tree">;
  readonly tree: string;
  readonly fluxVersion: string;
}

/** Who is told what. */
interface Callbacks {
  readonly say: (line: string) => void;
  /** Called as soon as there is something to remove. */
  readonly onLayout: (layout: LabLayout) => void;
}

/** Makes the lab and starts it, in place of one that is left. @throws StepError while another rehearsal of the stack runs */
export async function startStage(
  { project, stack, shape: made, tree, fluxVersion }: StageOptions,
  { say, onLayout }: Callbacks,
): Promise<LabLayout> {
  const name = `rehearse-${stack.toLowerCase().replaceAll(/[^a-z0-9-]+/g, "-")}`.slice(0, 21);
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

/** What the lab has written into its stack file, below `config:`. */
export function ownConfig(layout: LabLayout): Readonly<Record<string, unknown>> {
  return readStack(layout).config;
}

/** Puts a stack config in the place of the one before; the engine's own keys beside it stay. */
export function placeConfig(layout: LabLayout, config: Readonly<Record<string, unknown>>): void {
  const text = stringify({ ...readStack(layout), config });
  replaceFile(stackFile(layout), `# Written by npm run rehearse.\n${text}`);
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
