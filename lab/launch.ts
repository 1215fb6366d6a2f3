// Runs a program with a temporary folder of its own, in memory and gone afterwards: the Kubernetes provider leaves
// kubeconfigs with credentials in the temporary folder. Used by the lab's `pulumi`.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";

const [command = "", ...args] = process.argv.slice(2);
const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "home-ops-lab-"));
const child = spawn(command, args, { stdio: "inherit", env: { ...process.env, TMPDIR: folder } });

// Ctrl-C reaches the program by itself; this process waits for what it does with it.
process.on("SIGINT", () => undefined);
for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));

child.once("error", (error) => {
  console.error(`${command}: ${error.message}`);
  end(127);
});
child.once("exit", (code, signal) => end(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));

function end(code: number): void {
  rmSync(folder, { recursive: true, force: true });
  process.exit(code);
}
