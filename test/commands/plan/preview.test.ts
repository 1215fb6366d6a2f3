import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { messagesOf, readDigest } from "../../../commands/plan/preview.ts";

describe("what a preview that failed says", () => {
  it("is the program's message, once and without decoration", () => {
    const message = "Pulumi.home.yaml: 1 problem\n  nodes: is missing\n";
    const text = `warning: something\n${JSON.stringify({
      diagnostics: [
        { message: `error: ${message}`, severity: "error" },
        { message, severity: "error" },
        { message: "GITHUB_TOKEN is not set", severity: "warning" },
      ],
    })}`;
    assert.deepEqual(messagesOf(readDigest(text), "error"), [message.trim()]);
    assert.deepEqual(messagesOf(readDigest(text), "warning"), ["GITHUB_TOKEN is not set"]);
  });

  it("is nothing where pulumi printed no JSON", () => {
    assert.equal(readDigest("error: no stack named 'x' found"), undefined);
    assert.equal(readDigest("{ cut off"), undefined);
  });
});
