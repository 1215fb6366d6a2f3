import { spawn } from "node:child_process";

/** Runs a program with input and waits for it. @throws Error with its last lines when it fails */
export async function run(command: string, args: readonly string[], input: Buffer): Promise<void> {
  const child = spawn(command, args, { stdio: ["pipe", "ignore", "pipe"] });
  let error = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (error += text));
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`${command} failed: ${error.trim().split("\n").slice(-3).join("\n")}`);
}
