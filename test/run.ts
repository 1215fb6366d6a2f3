// node test/run.ts <project…> [--busy] [jest's own options and files]: runs these projects of jest.config.mjs.
//
// `--busy`: beside two busy loops, which take the place of a third lab. Tests have to hold on a computer that has other
// things to do.
import { spawn } from "node:child_process";
import { join } from "node:path";

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
// Ctrl-C in a terminal reaches jest as well; a signal to this process alone is handed on.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
child.once("close", (code) => {
  for (const loop of loops) loop.kill();
  process.exitCode = code ?? 1;
});
