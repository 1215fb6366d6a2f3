import { describe, expect, it } from "@jest/globals";
import { readOptions } from "../../../commands/plan/options.ts";
import { messagesOf, readDigest } from "../../../commands/plan/preview.ts";

describe("readOptions", () => {
  it("reads the stack and the format", () => {
    expect(readOptions([])).toStrictEqual({ stack: undefined, format: "terminal", help: false });
    expect(readOptions(["--stack", "home", "--json"])).toStrictEqual({
      stack: "home",
      format: "json",
      help: false,
    });
    expect(readOptions(["-s", "home", "--markdown"])).toStrictEqual({
      stack: "home",
      format: "markdown",
      help: false,
    });
    expect(readOptions(["--help"]).help).toBe(true);
  });

  for (const args of [["--nothing"], ["word"], ["--stack"], ["--json", "--markdown"]])
    it(`refuses ${args.join(" ")}`, () => {
      expect(() => readOptions(args)).toThrow(
        expect.objectContaining({ name: "Error", message: expect.stringMatching(/--help|choose one/) }),
      );
    });
});

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
