// Starts and removes a lab, for the command line and for commands that need a lab of their own.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { installEnvironment, shellEnvironment, shellPath, tokenVariable } from "../environment.ts";
import { createLab, labExists, readLab } from "../labFile.ts";
import { sizes, type LabLayout, type LabShape, type LabSize } from "../layout.ts";
import { secret } from "../secretFiles.ts";
import { stackFile } from "../stack.ts";
import { startSupervisor, stopSupervisor } from "./supervise.ts";
import { labTools } from "./tools.ts";

/** Which lab, and what a new one is made of. */
export interface StartInput {
  /** Absolute path of the project. */
  readonly project: string;
  readonly name: string;
  readonly size: LabSize | LabShape;
}

/** Starts a lab that does not run; makes it when there is none. Builds missing programs first. */
export async function startLab(
  { project, name, size }: StartInput,
  say: (line: string) => void,
): Promise<LabLayout> {
  const existing = labExists(project, name) ? readLab(project, name) : undefined;
  const shape = typeof size === "string" ? sizes[size] : size;
  const { toolbox, plugins } = await labTools(existing?.older ?? shape.older);
  // Not earlier: building the tools takes long enough for somebody else to take the slot.
  const layout = existing ?? (await createLab(project, name, size));
  // Of a lab whose folder was removed by hand: the engine would want its passphrase. Another file is not the lab's to remove.
  if (existing === undefined && layout.size !== "own") rmSync(stackFile(layout), { force: true });
  secret(layout, "passphrase");
  const installed = installEnvironment(layout, toolbox, plugins.folder);
  for (const { name: plugin, source } of installed)
    if (source !== "stand-in" && plugin !== "kubernetes") say(`provider ${plugin}: ${source}`);
  const started = Date.now();
  await startSupervisor(layout, toolbox, (line) => say(`lab: ${line}`));
  ensureStack(layout);
  say(`lab: ready after ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return layout;
}

/** Stops a lab and removes everything of it. */
export async function removeLab(layout: LabLayout): Promise<void> {
  await stopSupervisor(layout);
  // What was ended a moment ago may still write its last line.
  rmSync(layout.root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  rmSync(stackFile(layout), { force: true });
  // What the program has backed up is encrypted to a key that is gone now.
  rmSync(join(layout.project, "backups", layout.name), { recursive: true, force: true });
}

/** The environment of a program that works on a lab. */
export function commandEnvironment(layout: LabLayout): NodeJS.ProcessEnv {
  const { name, file } = tokenVariable(layout);
  return {
    ...process.env,
    ...shellEnvironment(layout),
    [name]: readFileSync(file, "utf8"),
    PATH: [...shellPath(layout), process.env["PATH"] ?? ""].join(":"),
  };
}

/** A stack of the lab's name, made the first time. */
function ensureStack(layout: LabLayout): void {
  if (existsSync(join(layout.state, "pulumi", ".pulumi", "stacks", "home-ops", `${layout.name}.json`)))
    return;
  const result = spawnSync("pulumi", ["stack", "init", layout.name, "--non-interactive"], {
    cwd: layout.project,
    env: commandEnvironment(layout),
    encoding: "utf8",
  });
  if (result.status !== 0)
    throw new Error(`pulumi stack init failed: ${(result.stderr || String(result.error)).trim()}`);
}
