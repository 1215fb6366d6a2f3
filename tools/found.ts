// Looks for programs that are there already: on PATH, or installed by mise. Only exactly the pinned version fits.
import { execFile } from "node:child_process";
import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import type { Environment } from "./cache.ts";
import type { Probe } from "./programs.ts";

/** A program that is there. */
export interface Present {
  readonly path: string;
  /** Who has it. */
  readonly from: "PATH" | "mise";
}

/** Longest time a program may take to tell its version, in milliseconds. */
const probeMs = 5000;

/** Finds a program of exactly the wanted version; undefined when there is none. */
export async function findPresent(
  probe: Probe,
  env: Environment = process.env,
): Promise<Present | undefined> {
  for (const path of onPath(probe.command, env))
    if (await fits(path, probe, env)) return { path, from: "PATH" };
  const path = await inMise(probe.command, env);
  return path !== undefined && (await fits(path, probe, env)) ? { path, from: "mise" } : undefined;
}

/** Whether a program's answer names this version and no longer one (`1.35.4`, not `1.35.40` or `1.35.4-dev`). */
export function namesVersion(answer: string, version: string): boolean {
  return new RegExp(`(^|[^\\w.])v?${version.replaceAll(".", "\\.")}(?![\\w+-]|\\.\\d)`).test(answer);
}

/** All executables of that name, in PATH's order. */
function onPath(command: string, env: Environment): string[] {
  const folders = (env["PATH"] ?? "").split(delimiter).filter(isAbsolute);
  // A shim's answer depends on the folder one is in, and .lab holds wrappers for one certain lab.
  const usable = folders.filter((folder) => !/\/(shims|\.lab)(\/|$)/.test(folder));
  return usable.map((folder) => join(folder, command)).filter(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile() && !realpathSync(path).includes("/.lab/");
  } catch {
    return false;
  }
}

async function inMise(command: string, env: Environment): Promise<string | undefined> {
  if (onPath("mise", env).length === 0) return undefined;
  const path = (await answerOf("mise", ["which", command], env))?.trim();
  return path !== undefined && isAbsolute(path) && isProgram(path) ? path : undefined;
}

async function fits(path: string, probe: Probe, env: Environment): Promise<boolean> {
  const answer = await answerOf(path, probe.words, env);
  return answer !== undefined && namesVersion(answer, probe.version);
}

/** What a command prints on both streams; undefined when it fails or takes too long. */
function answerOf(command: string, words: readonly string[], env: Environment): Promise<string | undefined> {
  const options = {
    env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" },
    timeout: probeMs,
    killSignal: "SIGKILL",
  } as const;
  return new Promise((resolve) => {
    execFile(command, words, options, (error, out, complaint) => {
      resolve(error === null ? `${out}\n${complaint}` : undefined);
    });
  });
}
