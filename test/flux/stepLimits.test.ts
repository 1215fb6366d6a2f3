// A step's own limit is there for what hangs. Shorter than its waits together, it would end a wait that still has time, and
// with a message that does not say what is missing.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";

const folder = "src/flux/steps";

describe("a Flux step that waits for several objects", () => {
  const steps = readdirSync(folder)
    .map((file) => ({ file, text: readFileSync(`${folder}/${file}`, "utf8") }))
    .map(({ file, text }) => ({ file, text, waits: text.split("await waitReady(").length - 1 }))
    .filter(({ waits }) => waits > 0);

  it("is one of these", () =>
    expect(steps.map(({ file }) => file).sort()).toStrictEqual(["proof.ts", "selfManagement.ts"]));

  for (const { file, text, waits } of steps)
    it(`has time for all of them: ${file}`, () => {
      const limit = /timeoutSeconds: (\d+) \* readySeconds \+ \d+ }/.exec(text)?.[1];
      expect(Number(limit)).toBeGreaterThanOrEqual(waits);
    });
});
