// Runs git and sops for the tree.
import { spawn } from "node:child_process";

/** What to run, and with what on its standard input. */
export interface ProgramOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** @returns standard output. @throws Error with the program's own words when it fails */
export async function runProgram(
  command: string,
  args: readonly string[],
  { cwd, env, input = "" }: ProgramOptions,
): Promise<string> {
  const child = spawn(command, args, {
    cwd,
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: "pipe",
  });
  let output = "";
  let complaint = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`${command} ${args[0] ?? ""} failed: ${complaint.trim()}`);
  return output;
}
