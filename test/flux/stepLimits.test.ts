// A step's own limit is there for what hangs. Shorter than its waits together, it would end a wait that still has time, and
// with a message that does not say what is missing.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { readySeconds } from "../../src/flux/contracts.ts";
import { bodies, contracts } from "../steps/contracts.ts";

describe("a Flux step that waits for several objects", () => {
  const steps = Object.entries(bodies)
    .map(([key, file]) => ({ key, waits: readFileSync(file, "utf8").split("await waitReady(").length - 1 }))
    .filter(({ waits }) => waits > 0);

  it("is one of these", () =>
    expect(steps.map(({ key }) => key).sort()).toStrictEqual(["proveHandOff", "waitForSelfManagement"]));

  it.each(steps)("has time for all of them: $key", ({ key, waits }) => {
    const limit = contracts[key]?.timeoutSeconds;
    expect(Number(limit)).toBeGreaterThanOrEqual(waits * readySeconds);
  });
});
