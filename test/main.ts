// npm test [-- --full]: checks, unit and graph tests, end-to-end tests, in this order; the first that fails ends it. `--full`
// adds the end-to-end tests that are too long for every day. The last line says how many tests ended how.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const full = process.argv.includes("--full");
const folder = mkdtempSync(join(tmpdir(), "home-ops-tests-"));
const counts = join(folder, "counts");
writeFileSync(counts, "");
const env = { ...process.env, HOME_OPS_TEST_COUNTS: counts };
for (const words of [
  ["check"],
  ["test:unit", "--", "--coverage"],
  ["test:e2e", ...(full ? ["--", "full"] : [])],
]) {
  const started = Date.now();
  const name = words.join(" ");
  console.log(`\n== npm run ${name}`);
  const { status } = spawnSync("npm", ["run", "-s", ...words], { stdio: "inherit", env });
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  console.log(`== ${name}: ${status === 0 ? "passed" : "FAILED"} after ${seconds} s`);
  if (status === 0) continue;
  process.exitCode = 1;
  break;
}
const { passed, failed, skipped } = readFileSync(counts, "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => JSON.parse(line) as Counts)
  .reduce(sum, { passed: 0, failed: 0, skipped: 0 });
rmSync(folder, { recursive: true });
console.log(`${String(passed)} passed, ${String(failed)} failed, ${String(skipped)} skipped`);

function sum(one: Counts, other: Counts): Counts {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
  };
}
