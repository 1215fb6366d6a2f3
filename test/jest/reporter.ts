// What a test run prints: every test on a lab as it ends, of the others only what fails, and how many ended how. Where
// HOME_OPS_TEST_COUNTS names a file, a line of JSON with these numbers is added to it.
import { appendFileSync } from "node:fs";
import { basename } from "node:path";
import type { AggregatedResult, Reporter, Test, TestCaseResult, TestResult } from "@jest/reporters";

const marks: Readonly<Record<string, string>> = { passed: "✔", failed: "✖" };

export default class implements Pick<Reporter, "onTestCaseResult" | "onTestResult" | "onRunComplete"> {
  onTestCaseResult(test: Test, { title, status, duration }: TestCaseResult): void {
    if (onLab(test)) print(`${nameOf(test)} ${marks[status] ?? "-"} ${title} (${seconds(duration ?? 0, 1)})`);
  }

  onTestResult(test: Test, { failureMessage, console, perfStats: { start, end } }: TestResult): void {
    if (onLab(test)) print(`${nameOf(test)} took ${seconds(end - start, 0)}`);
    if (!failureMessage) return;
    print(`\n${test.path}\n${failureMessage}`);
    for (const { message } of console ?? []) print(message);
  }

  onRunComplete(_contexts: unknown, results: AggregatedResult): void {
    const counts = {
      passed: results.numPassedTests,
      // A file that cannot be loaded has no tests that could fail.
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
    };
    const file = process.env["HOME_OPS_TEST_COUNTS"];
    if (file) appendFileSync(file, `${JSON.stringify(counts)}\n`);
    else
      print(
        Object.entries(counts)
          .map(([ended, count]) => `${String(count)} ${ended}`)
          .join(", "),
      );
  }
}

function onLab({ context }: Test): boolean {
  return ["e2e", "full"].includes(context.config.displayName?.name ?? "");
}

function nameOf({ path }: Test): string {
  return basename(path, ".test.ts").padEnd(18);
}

function seconds(milliseconds: number, digits: number): string {
  return `${(milliseconds / 1000).toFixed(digits)} s`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
