// npm test: checks, unit tests, end-to-end tests, in this order; the first that fails ends it.
import { spawnSync } from "node:child_process";

for (const part of ["check", "test:unit", "test:e2e"]) {
  const started = Date.now();
  console.log(`\n== npm run ${part}`);
  const { status } = spawnSync("npm", ["run", "-s", part], { stdio: "inherit" });
  console.log(
    `== ${part}: ${status === 0 ? "passed" : "FAILED"} after ${((Date.now() - started) / 1000).toFixed(0)} s`,
  );
  if (status !== 0) {
    process.exitCode = 1;
    break;
  }
}
