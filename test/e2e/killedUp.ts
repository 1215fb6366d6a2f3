// `npm run up` that dies at a moment of its own, with everything below it.
import assert from "node:assert/strict";
import { once } from "node:events";
import { killTree } from "../../lab/processTree.ts";
import type { TestLab } from "./testLab.ts";

/** When the engine dies. */
export interface Moment {
  /** The resource that is being made or changed then; not given: before the first one. */
  readonly resource?: string;
  /** A line that has been said by then. */
  readonly said?: RegExp;
  /** What must have happened outside by then. */
  readonly happened?: (lab: TestLab) => Promise<boolean>;
}

/** Longest time from one of these to the next. */
const patienceSeconds = 180;

/** Runs `npm run up` and kills it. @returns what it said until then */
export async function killedAt(lab: TestLab, moment: Moment): Promise<string> {
  const { resource, said, happened } = moment;
  let output = "";
  let reached: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => (reached = resolve));
  const begins = resource === undefined ? undefined : new RegExp(`\\b${resource} (creating|updating)`);
  const child = lab.spawnUp((line) => {
    output += `${line}\n`;
    if ((begins?.test(output) ?? true) && (said?.test(output) ?? true)) reached();
  });
  const ended = once(child, "exit").then(() => "ended" as const);
  try {
    const first = await Promise.race([begun.then(() => "begun" as const), ended]);
    assert.equal(first, "begun", `up ended before ${describe(moment)}:\n${output}`);
    if (happened !== undefined)
      await lab.until(
        `what ${describe(moment)} does`,
        async () => child.exitCode !== null || happened(lab),
        patienceSeconds,
        0,
      );
    assert.equal(child.exitCode, null, `up ended in ${describe(moment)}:\n${output}`);
    if (resource !== undefined)
      assert.doesNotMatch(
        output,
        new RegExp(`\\b${resource} (created|updated)`),
        `${resource} was faster than the kill`,
      );
  } finally {
    killTree(child.pid ?? 0);
    await ended;
  }
  return output;
}

function describe({ resource, said }: Moment): string {
  return [resource, said].filter((part) => part !== undefined).join(" ");
}
