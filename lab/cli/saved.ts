// Copies of a stopped lab, so that tests begin with a finished cluster.
import { cpSync, constants, existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readLab } from "../labFile.ts";
import type { LabLayout } from "../layout.ts";
import { stackFile } from "../stack.ts";
import type { CommandInput } from "./commands.ts";
import { statusIfRunning } from "./supervise.ts";

const stackCopy = "stack.yaml";

/** Copies the lab. @throws Error while it runs */
export async function save(input: CommandInput): Promise<void> {
  const layout = await stopped(input);
  const copy = copyOf(layout, input.words[0]);
  rmSync(copy, { recursive: true, force: true });
  copyTree(layout.root, copy);
  copyTree(stackFile(layout), join(copy, stackCopy));
  console.log(`saved lab ${layout.name} as ${input.words[0] ?? ""}`);
}

/** Puts a copy in the place of the lab. @throws Error while it runs, or naming the copies when there is no such one */
export async function restore(input: CommandInput): Promise<void> {
  const layout = await stopped(input);
  const copy = copyOf(layout, input.words[0]);
  if (!existsSync(copy)) {
    const folder = join(copy, "..");
    const names = existsSync(folder) ? readdirSync(folder).join(", ") : "none";
    throw new Error(`there is no copy "${input.words[0] ?? ""}" of lab ${layout.name}; there are: ${names}`);
  }
  rmSync(layout.root, { recursive: true, force: true });
  copyTree(copy, layout.root);
  copyTree(join(layout.root, stackCopy), stackFile(layout));
  rmSync(join(layout.root, stackCopy));
  console.log(`restored lab ${layout.name} from ${input.words[0] ?? ""}`);
}

async function stopped({ project, name }: CommandInput): Promise<LabLayout> {
  const layout = readLab(project, name);
  if ((await statusIfRunning(layout)) !== undefined)
    throw new Error(`lab ${name} runs; stop it first: npm run lab -- down --name ${name}`);
  return layout;
}

function copyOf(layout: LabLayout, name: string | undefined): string {
  if (name === undefined || !/^[\w-]+$/.test(name))
    throw new Error(
      `say which copy, e.g. "finished"; found ${name ?? "nothing"}, expected letters, digits, - and _`,
    );
  return join(layout.project, ".lab", ".saved", layout.name, name);
}

function copyTree(from: string, to: string): void {
  cpSync(from, to, {
    recursive: true,
    verbatimSymlinks: true,
    preserveTimestamps: true,
    mode: constants.COPYFILE_FICLONE,
    // Sockets and pipes are no data.
    filter: (path) => !path.endsWith(".sock"),
  });
}
