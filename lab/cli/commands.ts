// What `npm run lab -- <command>` does, one function per command. Each prints for people and throws an Error with one
// clear message when it cannot.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { kubeconfigFile, talosconfigFile } from "../access.ts";
import { shellEnvironment, shellPath, tokenVariable } from "../environment.ts";
import { labExists, readLab } from "../labFile.ts";
import type { LabSize } from "../layout.ts";
import { callLab } from "../supervisor/control.ts";
import { faultHelp } from "../supervisor/faults.ts";
import type { LabStatus } from "../supervisor/status.ts";
import { printStatus } from "./print.ts";
import { commandEnvironment, removeLab, startLab } from "./start.ts";
import { statusIfRunning, stopSupervisor } from "./supervise.ts";

export { commandEnvironment } from "./start.ts";

/** What a command is told. */
export interface CommandInput {
  /** Absolute path of the project. */
  readonly project: string;
  /** Name of the lab. */
  readonly name: string;
  readonly size: LabSize;
  /** Words after the command. */
  readonly words: readonly string[];
  readonly follow: boolean;
  readonly off: boolean;
}

/** Starts the lab, or says that it runs. Brings the working tree's `cluster/` to its Git host either way. */
export async function up(input: CommandInput): Promise<void> {
  const { project, name, size } = input;
  const existing = labExists(project, name) ? readLab(project, name) : undefined;
  if (existing !== undefined && (await statusIfRunning(existing)) !== undefined) {
    await push(input);
    console.log(`lab ${name} runs already`);
    return;
  }
  await startLab({ project, name, size }, (line) => console.log(line));
}

/** Stops the lab; its data stays. */
export async function down({ project, name }: CommandInput): Promise<void> {
  console.log(
    (await stopSupervisor(readLab(project, name)))
      ? `lab ${name} is stopped; its data stays`
      : `lab ${name} does not run`,
  );
}

/** Stops the lab and removes everything of it. */
export async function destroy(input: CommandInput): Promise<void> {
  await removeLab(readLab(input.project, input.name));
  console.log(`lab ${input.name} is gone`);
}

/** Says what runs. */
export async function status({ project, name }: CommandInput): Promise<void> {
  const layout = readLab(project, name);
  const found = await statusIfRunning(layout);
  if (found === undefined) throw new Error(`lab ${name} does not run; start it with: make lab`);
  printStatus(layout, found);
}

/** Brings `cluster/` to the lab's Git host, secrets encrypted. */
export async function push({ project, name }: CommandInput): Promise<void> {
  const layout = readLab(project, name);
  const { changed, commit } = await callLab<{ changed: boolean; commit: string }>(layout, "push");
  console.log(
    changed ? `pushed cluster/ as ${commit.slice(0, 12)}` : `cluster/ is as pushed (${commit.slice(0, 12)})`,
  );
}

/** Prints what a shell has to evaluate. No secret in it: the token is read from its file by the shell. */
export function env({ project, name }: CommandInput): void {
  const layout = readLab(project, name);
  for (const [key, value] of Object.entries(shellEnvironment(layout)))
    console.log(`export ${key}=${quote(value)}`);
  const { name: variable, file } = tokenVariable(layout);
  console.log(`export ${variable}="$(cat ${quote(file)})"`);
  console.log(`export PATH=${shellPath(layout).map(quote).join(":")}:"$PATH"`);
}

/** Runs a command in the lab's environment, with its exit code. */
export function exec({ project, name, words }: CommandInput): void {
  const [command, ...args] = words;
  if (command === undefined) throw new Error("say which command to run: npm run lab -- exec pulumi preview");
  const result = spawnSync(command, args, {
    stdio: "inherit",
    env: commandEnvironment(readLab(project, name)),
  });
  if (result.error !== undefined) throw result.error;
  process.exitCode = result.status ?? 1;
}

/** Lists the logs, or shows one. */
export function logs({ project, name, words, follow }: CommandInput): void {
  const layout = readLab(project, name);
  const all = existsSync(layout.logs)
    ? readdirSync(layout.logs).map((file) => file.replace(/\.log$/, ""))
    : [];
  const [log] = words;
  if (log === undefined) {
    console.log(all.join("\n"));
    return;
  }
  if (!all.includes(log)) throw new Error(`there is no log "${log}"; there are:\n  ${all.join("\n  ")}`);
  const flags = follow ? ["-n", "50", "-F"] : ["-n", "200"];
  spawnSync("tail", [...flags, join(layout.logs, `${log}.log`)], { stdio: "inherit" });
}

/** Switches a fault on or off, or says what there is. */
export async function fault({ project, name, words, off }: CommandInput): Promise<void> {
  const layout = readLab(project, name);
  const [fault, machine] = words;
  if (fault === undefined) {
    const { faults } = await callLab<LabStatus>(layout, "status");
    console.log(`${faultHelp()}\nswitched on: ${faults.length === 0 ? "none" : faults.join(", ")}`);
    return;
  }
  await callLab(layout, "fault", { name: fault, on: !off, machine });
  console.log(`${fault}${machine === undefined ? "" : ` of ${machine}`} is ${off ? "off" : "on"}`);
}

/** Path of the kubeconfig. */
export function kubeconfig({ project, name }: CommandInput): void {
  console.log(kubeconfigFile(readLab(project, name)));
}

/** Path of the talosconfig. */
export function talosconfig({ project, name }: CommandInput): void {
  console.log(talosconfigFile(readLab(project, name)));
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
