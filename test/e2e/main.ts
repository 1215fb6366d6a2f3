// npm run test:e2e [-- --full] [-- files]: gets the tools once, then runs the end-to-end tests, two files at a time, because
// two labs are what two cores can carry. Files that share a saved lab never run beside each other; those that have a lab
// of their own, or none, come last and fill whichever place is free.
import { spawn } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { countArguments } from "../counts.ts";
import { ensureLabTools } from "../../tools/labToolbox.ts";

const { full, given } = wordsOf(process.argv.slice(2));
const files = given.length > 0 ? given : testFiles();
await ensureLabTools({ bumps: true });
/** Places, and so labs, at a time. */
const places = 2;
const waiting = files
  .map((file) => ({ file, shared: sharedLab(file) }))
  .sort((one, other) => rank(one.shared) - rank(other.shared));
const busy = new Set<string>();
const codes = await Promise.all(Array.from({ length: places }, work));
process.exitCode = Math.max(...codes.flat());

/** Takes one file after the other. What is left of a lab that another place has is done there. */
async function work(): Promise<readonly number[]> {
  const codes = [0];
  for (;;) {
    const index = waiting.findIndex(({ shared }) => shared === undefined || !busy.has(shared));
    const [next] = index < 0 ? [] : waiting.splice(index, 1);
    if (next === undefined) return codes;
    if (next.shared !== undefined) busy.add(next.shared);
    codes.push(await run(next.file));
    if (next.shared !== undefined) busy.delete(next.shared);
  }
}

/** The saved lab that a file begins with, e.g. `ha`. */
function sharedLab(file: string): string | undefined {
  return /\brestored\("(\w+)"/.exec(readFileSync(file, "utf8"))?.[1];
}

function rank(shared: string | undefined): number {
  return shared === undefined ? 1 : 0;
}

function wordsOf(words: readonly string[]): { readonly full: boolean; readonly given: readonly string[] } {
  return { full: words.includes("--full"), given: words.filter((word) => word !== "--full") };
}

/** `*.full.test.ts` belongs to `make test-full` only. */
function testFiles(): readonly string[] {
  return globSync("**/*.test.ts", { cwd: import.meta.dirname })
    .filter((file) => full || !file.endsWith(".full.test.ts"))
    .sort()
    .map((file) => join(import.meta.dirname, file));
}

/** Runs a file, each line with its name before it. @returns the exit code */
async function run(file: string): Promise<number> {
  const reporters = ["--test-reporter=spec", "--test-reporter-destination=stdout", ...countArguments(file)];
  const child = spawn(process.execPath, ["--test", ...reporters, file], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  // Whoever ends this process alone ends its test runners, too.
  const forward = (signal: NodeJS.Signals): void => {
    waiting.length = 0;
    child.kill(signal);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, forward);
  const name = basename(file).replace(/\.test\.ts$/, "");
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on("line", (line) => {
      console.log(`${name.padEnd(18)} │ ${line}`);
    });
  return new Promise((resolve) => {
    child.once("close", (code) => {
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, forward);
      resolve(code ?? 1);
    });
  });
}
