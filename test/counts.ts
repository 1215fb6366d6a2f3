// Counts tests over all processes that run some: `npm test` ends with their sum. As a reporter of Node's test runner it writes
// one line of JSON into the file that `countArguments` names.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestEvent } from "node:test/reporters";

/** How many tests ended how. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const variable = "HOME_OPS_TEST_COUNTS";

/** Arguments of `node --test` that have its tests counted; none outside of `npm test`. @param name one for each process */
export function countArguments(name: string): readonly string[] {
  const folder = process.env[variable];
  if (folder === undefined) return [];
  const file = join(folder, name.replaceAll("/", "_"));
  return [`--test-reporter=${import.meta.filename}`, `--test-reporter-destination=${file}`];
}

/** Counts what `run` starts with the environment that it is given. */
export function counted(run: (environment: NodeJS.ProcessEnv) => void): Counts {
  const folder = mkdtempSync(join(tmpdir(), "home-ops-counts-"));
  try {
    run({ ...process.env, [variable]: folder });
    return readdirSync(folder)
      .flatMap((file) => readFileSync(join(folder, file), "utf8").split("\n"))
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Counts)
      .reduce(sum, { passed: 0, failed: 0, skipped: 0 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function sum(one: Counts, other: Counts): Counts {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
  };
}

/** The reporter. */
export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for await (const event of events) {
    if (event.type !== "test:pass" && event.type !== "test:fail") continue;
    if (event.data.details.type === "suite") continue;
    if (event.data.skip !== undefined || event.data.todo !== undefined) counts.skipped += 1;
    else if (event.type === "test:pass") counts.passed += 1;
    else counts.failed += 1;
  }
  yield `${JSON.stringify(counts)}\n`;
}
