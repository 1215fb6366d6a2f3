// Runs the tests on labs: three files at a time, because a lab waits as much as it works (measured: two of them keep one of
// two cores busy). HOME_OPS_TEST_PLACES=2 for a computer that has other things to do. Files that share a saved lab never run
// beside each other; those that have a lab of their own, or none, come last and fill whichever place is free.
import { readFileSync } from "node:fs";
import type { Config } from "@jest/types";
import runner, { type Test, type TestRunnerContext, type TestWatcher } from "jest-runner";

const places = Number(process.env["HOME_OPS_TEST_PLACES"] ?? 3);

// The types of this package describe its CommonJS form, where the class is one level deeper.
const TestRunner = runner as unknown as typeof runner.default;

export default class LabRunner extends TestRunner {
  constructor(globalConfig: Config.GlobalConfig, context: TestRunnerContext) {
    // Each file has a process of its own, which ends with it.
    super({ ...globalConfig, maxWorkers: 1 }, context);
  }

  override async runTests(tests: Test[], watcher: TestWatcher): Promise<void> {
    const waiting = tests.map((test) => ({ test, lab: savedLab(test.path) })).sort(savedLabsFirst);
    const busy = new Set<string>();
    // What is left of a saved lab that another place has is done there.
    const work = async (): Promise<void> => {
      for (;;) {
        const index = waiting.findIndex(({ lab }) => lab === undefined || !busy.has(lab));
        const [next] = index < 0 ? [] : waiting.splice(index, 1);
        if (next === undefined || watcher.isInterrupted()) return;
        if (next.lab !== undefined) busy.add(next.lab);
        await super.runTests([next.test], watcher, { serial: false });
        if (next.lab !== undefined) busy.delete(next.lab);
      }
    };
    await Promise.all(Array.from({ length: places }, work));
  }
}

/** The saved lab that a file begins with, e.g. `ha`. */
function savedLab(file: string): string | undefined {
  return /\brestored\("(\w+)"/.exec(readFileSync(file, "utf8"))?.[1];
}

function savedLabsFirst(one: { readonly lab?: string | undefined }, other: typeof one): number {
  return Number(one.lab === undefined) - Number(other.lab === undefined);
}
