// npm test [-- --full]: checks, unit tests, end-to-end tests, in this order; the first that fails ends it. `--full` adds
// the end-to-end tests that are too long for every day. The last line says how many tests ended how.
import { spawnSync } from "node:child_process";
import { counted } from "./counts.ts";

const flags = process.argv.slice(2);
const { passed, failed, skipped } = counted((env) => {
  for (const part of ["check", "test:unit", "test:e2e"]) {
    const started = Date.now();
    const words = part === "test:e2e" && flags.length > 0 ? [part, "--", ...flags] : [part];
    console.log(`\n== npm run ${words.join(" ")}`);
    const { status } = spawnSync("npm", ["run", "-s", ...words], { stdio: "inherit", env });
    console.log(
      `== ${part}: ${status === 0 ? "passed" : "FAILED"} after ${((Date.now() - started) / 1000).toFixed(0)} s`,
    );
    if (status !== 0) {
      process.exitCode = 1;
      break;
    }
  }
});
console.log(`${String(passed)} passed, ${String(failed)} failed, ${String(skipped)} skipped`);
