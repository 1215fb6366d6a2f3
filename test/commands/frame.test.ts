import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { formatOf, readArguments } from "../../commands/frame.ts";

const module = join(import.meta.dirname, "../../commands/frame.ts");
const errors = join(import.meta.dirname, "../../src/steps/stepError.ts");

/** Runs a command whose body is this code, and sends it SIGINT when it has printed something, where that is asked for. */
async function run(
  body: string,
  { interrupt = false, ...frame }: { interrupt?: boolean; onSignal?: string; failure?: number } = {},
): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const program = `
    import { runInFrame } from ${JSON.stringify(module)};
    import { StepError } from ${JSON.stringify(errors)};
    await runInFrame({ name: "npm run x", ...${JSON.stringify(frame)} }, async ({ signal, say, redactor }) => {
      redactor.learn("my-own-key");
      ${body}
    });`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "--eval", program]);
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    if (interrupt) child.kill("SIGINT");
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [code] = (await once(child, "close")) as [unknown];
  return { code, stdout, stderr };
}

describe("a command", () => {
  it("ends with what its body says", async () => {
    expect(await run("return 1;")).toStrictEqual({ code: 1, stdout: "", stderr: "" });
  });

  it("ends with one message, without a stack and without secrets, where something is wrong", async () => {
    expect(await run('throw new StepError("no my-own-key", "look for it");')).toStrictEqual({
      code: 2,
      stdout: "",
      stderr: "no [secret]\n  → look for it\n",
    });
  });

  it("never prints the words of a library alone", async () => {
    const { code, stderr } = await run('throw new Error("14 UNAVAILABLE: my-own-key");', { failure: 1 });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^npm run x has stopped: 14 UNAVAILABLE: \[secret\]\n {2}→ run it again; npm run doctor says what is missing on this computer\. Report it with ".*" when it stays\n$/,
    );
  });

  it("takes secrets out of what it prints", async () => {
    expect((await run('say("it is my-own-key"); return 0;')).stdout).toBe("it is [secret]\n");
  });

  const wait = (until: string): string =>
    `const { setTimeout } = await import("node:timers/promises"); say("waiting"); await setTimeout(60000, undefined, ${until}); return 0;`;

  it("ends with 130 on Ctrl-C and says what that means", async () => {
    expect(await run(wait("{ signal }"), { interrupt: true, onSignal: "it goes on" })).toStrictEqual({
      code: 130,
      stdout: "waiting\n",
      stderr: "it goes on\n",
    });
  });

  it("ends at once on Ctrl-C where there is nothing to be said", async () => {
    expect(await run(wait("{}"), { interrupt: true })).toStrictEqual({
      code: 130,
      stdout: "waiting\n",
      stderr: "",
    });
  });
});

describe("a command line", () => {
  const command = {
    name: "npm run x",
    options: { stack: { type: "string", short: "s" }, all: { type: "boolean", default: false } },
    words: 1,
  } as const;

  it("is read with its words and options", () => {
    const { values, positionals, help } = readArguments(command, ["-s", "home", "word"]);
    expect([values.stack, values.all, [...positionals], help]).toStrictEqual([
      "home",
      false,
      ["word"],
      false,
    ]);
  });

  it("asks for help whatever else it says", () => {
    for (const args of [["--help"], ["-h"], ["a", "b", "--help"]])
      expect(readArguments(command, args).help).toBe(true);
  });

  for (const [args, message] of [
    [["--nothing"], "Unknown option '--nothing'; see npm run x -- --help"],
    [["--stack"], "Option '-s, --stack <value>' argument missing; see npm run x -- --help"],
    [["a", "b"], "Unexpected argument 'b'; see npm run x -- --help"],
  ] as const)
    it(`is refused: ${args.join(" ")}`, () => {
      assert.throws(() => readArguments(command, args), { name: "StepError", message });
    });

  it("asks for one format", () => {
    expect(formatOf({ json: true, markdown: false })).toBe("json");
    expect(formatOf({ json: false, markdown: true })).toBe("markdown");
    expect(formatOf({ json: false, markdown: false })).toBe("terminal");
    expect(() => formatOf({ json: true, markdown: true })).toThrow(
      expect.objectContaining({
        message: "--json and --markdown are two outputs: choose one",
      }),
    );
  });
});
