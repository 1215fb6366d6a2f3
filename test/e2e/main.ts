// npm run test:e2e [-- --full] [-- files]: gets the tools once, then runs the end-to-end tests in two tracks beside each
// other: the files that take the saved lab-ha, and the others. In each track one file runs at a time, because the first
// share one lab, and two labs are what two cores can carry.
import { spawn } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ensureLabTools } from "../../tools/labToolbox.ts";

const { full, given } = wordsOf(process.argv.slice(2));
const files = given.length > 0 ? given : testFiles();
await ensureLabTools({ bumps: true });
const isHa = (file: string): boolean => /\brestored\("ha"|"lab-ha"/.test(readFileSync(file, "utf8"));
const codes = await Promise.all([
  track("lab-ha", files.filter(isHa)),
  track(
    "lab",
    files.filter((file) => !isHa(file)),
  ),
]);
process.exitCode = Math.max(...codes);

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

/** Runs files one after the other. @returns the exit code */
async function track(name: string, tests: readonly string[]): Promise<number> {
  if (tests.length === 0) return 0;
  const child = spawn(
    process.execPath,
    ["--test", "--test-concurrency=1", "--test-reporter=spec", ...tests],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  // Whoever ends this process alone ends its test runners, too.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on("line", (line) => {
      console.log(`${name.padEnd(6)} │ ${line}`);
    });
  return new Promise((resolve) => {
    child.once("close", (code) => {
      resolve(code ?? 1);
    });
  });
}
