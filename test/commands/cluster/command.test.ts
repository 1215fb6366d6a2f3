import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";

const module = join(import.meta.dirname, "../../../commands/cluster/command.ts");

/** Runs a command whose body is this code, and sends it SIGINT when it has printed something, where that is asked for. */
async function run(
  body: string,
  interrupt = false,
): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const program = `
    import { runCommand } from ${JSON.stringify(module)};
    await runCommand({ onInterrupt: "it goes on", failure: 2, redact: (text) => text.replace("key", "[secret]") }, async (signal) => {
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
    expect(await run('throw new Error("no key");')).toStrictEqual({
      code: 2,
      stdout: "",
      stderr: "no [secret]\n",
    });
  });

  it("ends with 130 on Ctrl-C and says what that means", async () => {
    const wait =
      'const { setTimeout } = await import("node:timers/promises"); console.log("waiting"); await setTimeout(60000, undefined, { signal }); return 0;';
    expect(await run(wait, true)).toStrictEqual({ code: 130, stdout: "waiting\n", stderr: "it goes on\n" });
  });
});
