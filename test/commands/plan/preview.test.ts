import { describe, expect, it } from "@jest/globals";
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
    expect(messagesOf(readDigest(text), "error")).toStrictEqual([message.trim()]);
    expect(messagesOf(readDigest(text), "warning")).toStrictEqual(["GITHUB_TOKEN is not set"]);
  });

  it("is nothing where pulumi printed no JSON", () => {
    expect(readDigest("error: no stack named 'x' found")).toBe(undefined);
    expect(readDigest("{ cut off")).toBe(undefined);
  });
});
