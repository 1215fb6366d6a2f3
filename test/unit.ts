// npm run test:unit: every test that needs no lab.
import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { countArguments } from "./counts.ts";

const files = globSync("**/*.test.ts", { cwd: import.meta.dirname })
  .filter((file) => !file.startsWith("e2e/"))
  .map((file) => join(import.meta.dirname, file));
const reporters = ["--test-reporter=dot", "--test-reporter-destination=stdout", ...countArguments("unit")];
const child = spawn(process.execPath, ["--test", ...reporters, ...files], { stdio: "inherit" });
child.once("exit", (code) => {
  process.exitCode = code ?? 1;
});
