// npm run test:e2e [-- files]: gets the tools once, then runs the end-to-end tests, two labs at a time.
import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { ensureLabTools } from "../../tools/labToolbox.ts";

await ensureLabTools({ bumps: true });
const here = import.meta.dirname;
const given = process.argv.slice(2);
const files =
  given.length > 0 ? given : globSync("**/*.test.ts", { cwd: here }).map((file) => join(here, file));
const child = spawn(process.execPath, ["--test", "--test-concurrency=2", "--test-reporter=spec", ...files], {
  stdio: "inherit",
});
child.once("exit", (code) => {
  process.exitCode = code ?? 1;
});
