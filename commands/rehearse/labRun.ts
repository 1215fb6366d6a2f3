// Runs of the program in the rehearsal's lab, as a user starts them: `npm run up`, `npm run preview`.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { commandEnvironment } from "../../lab/cli/start.ts";
import type { LabLayout } from "../../lab/layout.ts";
import { killTree } from "../../lab/processTree.ts";
import { readEvents, type RunRecord } from "./events.ts";

/** How a run ended. */
export interface FinishedRun extends RunRecord {
  readonly ok: boolean;
  readonly seconds: number;
  readonly lastLines: readonly string[];
}

/** What a run may do. */
export interface RunOptions {
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** This process, `npm run`'s program and the wrapper of the lab's pulumi tidy up behind pulumi; it dies with its children. */
const spared = 2;

const flags = {
  up: ["--yes", "--skip-preview", "--suppress-progress", "--suppress-outputs"],
  preview: [],
} as const;

/** Runs the program. Does not throw when it fails. */
export async function runProgram(
  layout: LabLayout,
  verb: keyof typeof flags,
  { signal, say }: RunOptions,
): Promise<FinishedRun> {
  signal.throwIfAborted();
  const log = join(layout.state, `events-${verb}-${String(Date.now())}.log`);
  const started = Date.now();
  const program = join(layout.project, "commands", "run.ts");
  const child = spawn(
    process.execPath,
    [program, verb, ...flags[verb], "--non-interactive", "--event-log", log],
    {
      cwd: layout.project,
      // The flag is one of those that pulumi keeps for its own tools (its Automation API sets this, too).
      env: { ...commandEnvironment(layout), PULUMI_DEBUG_COMMANDS: "true" },
      stdio: ["ignore", "pipe", "pipe"],
      // Ctrl-C of the terminal must not reach it as well: it would begin to tidy up what is thrown away.
      detached: true,
    },
  );
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on("line", (line) => {
      if (line.trim() === "") return;
      lines.push(line);
      say(line);
    });
  const kill = (): void => killTree(child.pid ?? 0, spared);
  signal.addEventListener("abort", kill);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  signal.removeEventListener("abort", kill);
  signal.throwIfAborted();
  const record = readEvents(existsSync(log) ? readFileSync(log, "utf8") : "");
  return { ...record, ok: code === 0, seconds: (Date.now() - started) / 1000, lastLines: lines.slice(-20) };
}
