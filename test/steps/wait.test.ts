import assert from "node:assert/strict";
import { describe, expect, it } from "@jest/globals";
import { StepError } from "../../src/steps/stepError.ts";
import { done, notYet, waitFor, type Observation } from "../../src/steps/wait.ts";

function options(overrides: { timeoutSeconds?: number; signal?: AbortSignal } = {}) {
  const lines: string[] = [];
  return {
    lines,
    what: "the thing",
    todo: "look at it",
    timeoutSeconds: 5,
    intervalMs: 1,
    signal: new AbortController().signal,
    say: (line: string) => lines.push(line),
    ...overrides,
  };
}

describe("waitFor", () => {
  it("returns the value of the first look that is done", async () => {
    const looks: Observation<number>[] = [notYet("a"), notYet("a"), notYet("b"), done(7)];
    const wait = options();
    expect(await waitFor(wait, () => Promise.resolve(looks.shift() ?? done(0)))).toBe(7);
    assert.deepEqual(wait.lines, ["a", "b"], "says each thing that is missing once");
  });

  it("takes an error for not yet", async () => {
    let looks = 0;
    const wait = options();
    await waitFor(wait, () => {
      looks += 1;
      return looks === 1 ? Promise.reject(new Error("connection refused")) : Promise.resolve(done());
    });
    expect(wait.lines).toStrictEqual(["connection refused"]);
  });

  it("counts time that has passed before, and looks once all the same", async () => {
    const wait = { ...options({ timeoutSeconds: 5 }), since: Date.now() - 6_000 };
    expect(await waitFor(wait, () => Promise.resolve(done(7)))).toBe(7);
    await expect(waitFor(wait, () => Promise.resolve(notYet("still away")))).rejects.toThrow(
      /^the thing: not there after 5 s; last seen: still away$/,
    );
  });

  it("ends at once on a StepError", async () => {
    await assert.rejects(
      waitFor(options(), () => Promise.reject(new StepError("never", "do this"))),
      new StepError("never", "do this"),
    );
  });

  it("gives up naming what was missing last", async () => {
    await expect(
      waitFor(options({ timeoutSeconds: 0 }), () => Promise.resolve(notYet("k8s-1 is NotReady"))),
    ).rejects.toMatchObject({
      message: "the thing: not there after 0 s; last seen: k8s-1 is NotReady",
      todo: "look at it",
    });
  });

  it("ends when the step is stopped", async () => {
    const stop = new AbortController();
    const waiting = waitFor(options({ signal: stop.signal, timeoutSeconds: 60 }), () => {
      stop.abort(new Error("stopped"));
      return Promise.resolve(notYet("x"));
    });
    await expect(waiting).rejects.toThrow(/stopped|aborted/);
  });
});
