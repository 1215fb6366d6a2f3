// node test/run.ts <project…> [--busy] [jest's own options and files]: runs these projects of jest.config.mjs.
//
// `--busy`: beside two busy loops, which take the place of a third lab. Tests have to hold on a computer that has other
// things to do.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { killTree } from "../lab/processTree.ts";

const root = join(import.meta.dirname, "..");
const words = process.argv.slice(2);
const projects = words.filter((word) => ["unit", "graph", "e2e", "full"].includes(word));
const rest = words.filter((word) => !projects.includes(word) && word !== "--busy");
const loops = words.includes("--busy") ? [1, 2].map(() => spawn(process.execPath, ["-e", "for (;;);"])) : [];
// jest loads ES modules by an interface of Node that is still called experimental; it has to be asked for.
const flags = ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning"];
const jest = join(root, "node_modules", "jest", "bin", "jest.js");
const child = spawn(process.execPath, [...flags, jest, ...rest, "--selectProjects", ...projects], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, ...(loops.length > 0 ? { HOME_OPS_TEST_PLACES: "2" } : {}) },
});
// jest ends without its workers when it is told to, and those would go on starting labs.
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    if (child.pid !== undefined && existsSync("/proc")) killTree(child.pid);
    else child.kill(signal);
  });
child.once("close", (code) => {
  for (const loop of loops) loop.kill();
  process.exitCode = code ?? 1;
});
