// Copies of a stopped lab, so that tests begin with a finished cluster.
import { cpSync, constants, existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { labExists, labFile, readLab, readSavedLab, savedFolder } from "../labFile.ts";
import type { LabLayout } from "../layout.ts";
import { stackFile } from "../stack.ts";
import type { CommandInput } from "./commands.ts";
import { statusIfRunning } from "./supervise.ts";

const stackCopy = "stack.yaml";

/** Copies the lab. @throws Error while it runs */
export async function save(input: CommandInput): Promise<void> {
  const layout = readLab(input.project, input.name);
  await requireStopped(layout);
  const copy = copyOf(input);
  // Half a copy must never look like one.
  const next = `${copy}.new`;
  rmSync(next, { recursive: true, force: true });
  copyTree(layout.root, next);
  copyTree(stackFile(layout), join(next, stackCopy));
  rmSync(copy, { recursive: true, force: true });
  renameSync(next, copy);
  console.log(`saved lab ${layout.name} as ${input.words[0] ?? ""}`);
}

/**
 * Puts a copy in the place of the lab, which need not exist any more.
 * @throws Error while it runs, or naming the copies when there is no such one
 */
export async function restore(input: CommandInput): Promise<void> {
  const { project, name } = input;
  const copy = copyOf(input);
  if (!existsSync(copy)) {
    const folder = savedFolder(project, name);
    const names = existsSync(folder) ? readdirSync(folder).join(", ") : "none";
    throw new Error(`there is no copy "${input.words[0] ?? ""}" of lab ${name}; there are: ${names}`);
  }
  if (labExists(project, name)) await requireStopped(readLab(project, name));
  const layout = readSavedLab(project, name, input.words[0] ?? "");
  rmSync(layout.root, { recursive: true, force: true });
  // What makes it a lab comes last: a restore that is cut off leaves none.
  copyTree(copy, layout.root, (path) => path !== join(copy, labFile) && path !== join(copy, stackCopy));
  copyTree(join(copy, stackCopy), stackFile(layout));
  copyTree(join(copy, labFile), join(layout.root, labFile));
  console.log(`restored lab ${name} from ${input.words[0] ?? ""}`);
}

async function requireStopped(layout: LabLayout): Promise<void> {
  const { name } = layout;
  if ((await statusIfRunning(layout)) !== undefined)
    throw new Error(`lab ${name} runs; stop it first: npm run lab -- down --name ${name}`);
}

function copyOf({ project, name: lab, words: [name] }: CommandInput): string {
  if (name === undefined || !/^[\w-]+$/.test(name))
    throw new Error(
      `say which copy, e.g. "finished"; found ${name ?? "nothing"}, expected letters, digits, - and _`,
    );
  return join(savedFolder(project, lab), name);
}

function copyTree(from: string, to: string, wanted: (path: string) => boolean = () => true): void {
  cpSync(from, to, {
    recursive: true,
    verbatimSymlinks: true,
    preserveTimestamps: true,
    mode: constants.COPYFILE_FICLONE,
    // Sockets and pipes are no data.
    filter: (path) => !path.endsWith(".sock") && wanted(path),
  });
}
