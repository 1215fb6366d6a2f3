// Starts and stops the supervisor from a command line.
import { spawn } from "node:child_process";
import { mkdirSync, openSync, readFileSync, statSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { LabLayout } from "../layout.ts";
import { callLab, ControlError, heldByAnother } from "../supervisor/control.ts";
import type { LabStatus } from "../supervisor/status.ts";
import type { Toolbox } from "../../tools/toolbox.ts";

const startTimeoutMs = 120_000;
const stopTimeoutMs = 30_000;

/** Status of a running lab; undefined when it does not run. @throws ControlError when another lab holds its addresses */
export async function statusIfRunning(layout: LabLayout): Promise<LabStatus | undefined> {
  try {
    return await callLab<LabStatus>(layout, "status", {}, 5_000);
  } catch (error) {
    if (!(error instanceof ControlError)) return undefined;
    if (error.message === "this is another lab") throw new ControlError(heldByAnother(layout));
    throw error;
  }
}

/**
 * Starts the supervisor and waits until the lab is up. It outlives this process.
 * @throws Error with the supervisor's last words when it ends instead
 */
export async function startSupervisor(
  layout: LabLayout,
  toolbox: Toolbox,
  progress: (line: string) => void,
): Promise<LabStatus> {
  mkdirSync(layout.logs, { recursive: true, mode: 0o700 });
  mkdirSync(layout.state, { recursive: true, mode: 0o700 });
  writeFileSync(join(layout.state, "toolbox.json"), JSON.stringify(toolbox));
  const logFile = join(layout.logs, "supervisor.log");
  const from = existsSync(logFile) ? statSync(logFile).size : 0;
  const log = openSync(logFile, "a", 0o600);
  const main = join(import.meta.dirname, "..", "supervisor", "main.ts");
  const child = spawn(process.execPath, [main, layout.project, layout.name], {
    cwd: layout.project,
    detached: true,
    stdio: ["ignore", log, log],
  });
  child.unref();
  let ended = false;
  child.once("exit", () => (ended = true));

  const end = Date.now() + startTimeoutMs;
  let seen = 0;
  for (;;) {
    const lines = readFileSync(logFile).subarray(from).toString("utf8").split("\n").slice(0, -1);
    for (const line of lines.slice(seen)) if (line !== "ready") progress(line);
    seen = lines.length;
    if (lines.includes("ready")) return callLab<LabStatus>(layout, "status");
    if (ended)
      throw new Error(`the lab did not start; its log is ${logFile}:\n${lines.slice(-5).join("\n")}`);
    if (Date.now() > end) {
      child.kill();
      throw new Error(
        `the lab did not start within ${String(startTimeoutMs / 1000)} s; its log is ${logFile}`,
      );
    }
    await delay(100);
  }
}

/**
 * Stops a lab, also one that is still starting, and waits until its supervisor is gone.
 * @returns false when it did not run
 */
export async function stopSupervisor(layout: LabLayout): Promise<boolean> {
  const stopping = await callLab<{ pid: number }>(layout, "stop", {}, 5_000).catch((error: unknown) => {
    // Nobody answers, or whoever answers there is another lab: then this one does not run.
    if (!(error instanceof ControlError) || error.message === "this is another lab") return undefined;
    throw error;
  });
  if (stopping === undefined) return false;
  const { pid } = stopping;
  const end = Date.now() + stopTimeoutMs;
  while (isAlive(pid)) {
    if (Date.now() > end) throw new Error(`the lab (process ${String(pid)}) does not stop`);
    await delay(50);
  }
  return true;
}

/** Whether a process runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
