// A lab of one test file's own, driven as a user drives it: by the lab's command line and by programs in its environment.
import { spawn, type ChildProcess } from "node:child_process";
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parse, stringify } from "yaml";
import { commandEnvironment } from "../../lab/cli/commands.ts";
import { readLab } from "../../lab/labFile.ts";
import type { LabLayout, LabSize } from "../../lab/layout.ts";
import { callLab } from "../../lab/supervisor/control.ts";
import type { LabStatus } from "../../lab/supervisor/status.ts";

/** How a command ended. */
export interface CommandResult {
  readonly code: number;
  /** What a terminal would show. */
  readonly output: string;
  readonly stdout: string;
  readonly seconds: number;
}

/** The project's root. */
export const project = join(import.meta.dirname, "..", "..");

const labMain = join(project, "lab", "cli", "main.ts");

/** A lab for tests. */
export class TestLab {
  readonly name: string;
  /** Everything that commands have printed, for the search for secrets. */
  readonly printed: { name: string; text: string }[] = [];
  #environment: NodeJS.ProcessEnv | undefined;

  constructor(name: string) {
    this.name = `test-${name}`;
  }

  /** A new lab of this name, running. */
  static async start(name: string, size: LabSize = "lab"): Promise<TestLab> {
    const lab = new TestLab(name);
    if (existsSync(join(project, ".lab", lab.name))) await lab.cli("destroy");
    await lab.cli("up", "--size", size);
    return lab;
  }

  get layout(): LabLayout {
    return readLab(project, this.name);
  }

  /** `npm run lab -- …`. Fails the test when it fails. */
  async cli(...words: string[]): Promise<string> {
    const [command = "", ...rest] = words;
    const result = await this.#spawn(
      process.execPath,
      [labMain, command, "--name", this.name, ...rest],
      process.env,
    );
    assert.equal(result.code, 0, `lab ${words.join(" ")}: ${result.output}`);
    return result.output;
  }

  /** Runs a program in the lab's environment. */
  async run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CommandResult> {
    const result = await this.#spawn(command, args, { ...this.environment(), ...env });
    this.printed.push({ name: `${command} ${args.join(" ")}`, text: result.output });
    return result;
  }

  /** The same, failing the test when it fails; returns standard output. */
  async ok(command: string, ...args: string[]): Promise<string> {
    const result = await this.run(command, args);
    assert.equal(result.code, 0, `${command} ${args.join(" ")}:\n${result.output}`);
    return result.stdout;
  }

  /** `npm run up`, without questions. */
  async up(env: NodeJS.ProcessEnv = {}): Promise<CommandResult> {
    return this.run("npm", ["run", "-s", "up", "--", "--yes", "--skip-preview", "--non-interactive"], env);
  }

  /** The same, which must succeed. */
  async finish(): Promise<CommandResult> {
    const result = await this.up();
    assert.equal(result.code, 0, result.output);
    return result;
  }

  async preview(...flags: string[]): Promise<string> {
    return this.ok("pulumi", "preview", "--non-interactive", "--diff", ...flags);
  }

  async destroyStack(): Promise<CommandResult> {
    return this.run("pulumi", ["destroy", "--yes", "--skip-preview", "--non-interactive"]);
  }

  /** `kubectl get … -o json`. */
  async get<T>(args: readonly string[]): Promise<T> {
    return JSON.parse(await this.ok("kubectl", "get", ...args, "-o", "json")) as T;
  }

  async status(): Promise<LabStatus> {
    return callLab<LabStatus>(this.layout, "status");
  }

  /** Waits until a condition holds. @throws AssertionError after `seconds` */
  async until(what: string, condition: () => Promise<boolean>, seconds = 60): Promise<void> {
    const end = Date.now() + seconds * 1000;
    while (!(await condition().catch(() => false))) {
      assert.ok(Date.now() < end, `${what} within ${String(seconds)} s`);
      await delay(20);
    }
  }

  /** Runs a test with another stack config, and puts the right one back however it ends. */
  async withConfig(
    changes: Record<string, (value: never) => unknown>,
    test: () => Promise<void>,
  ): Promise<void> {
    await this.withFile(
      join(project, `Pulumi.${this.name}.yaml`),
      (right) => {
        const stack = parse(right) as { config: Record<string, unknown> };
        for (const [key, change] of Object.entries(changes))
          stack.config[`home-ops:${key}`] = change(stack.config[`home-ops:${key}`] as never);
        return stringify(stack);
      },
      test,
    );
  }

  /** The same with any file. */
  async withFile(
    file: string,
    change: (right: string) => string | Promise<string>,
    test: () => Promise<void>,
  ): Promise<void> {
    const right = readFileSync(file, "utf8");
    writeFileSync(file, await change(right));
    try {
      await test();
    } finally {
      writeFileSync(file, right);
    }
  }

  /** The same with a fault of the lab. */
  async withFault(fault: readonly string[], test: () => Promise<void>): Promise<void> {
    await this.cli("fault", ...fault);
    try {
      await test();
    } finally {
      await this.cli("fault", ...fault, "--off");
    }
  }

  /** All logs of the lab. */
  logs(): { name: string; text: string }[] {
    return readdirSync(this.layout.logs).map((file) => ({
      name: file,
      text: readFileSync(join(this.layout.logs, file), "utf8"),
    }));
  }

  /** Starts `npm run up` and leaves it running, in a process group of its own. */
  spawnUp(onLine: (line: string) => void): ChildProcess {
    const child = spawn("npm", ["run", "-s", "up", "--", "--yes", "--skip-preview", "--non-interactive"], {
      cwd: project,
      env: this.environment(),
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => text.split("\n").forEach(onLine));
    return child;
  }

  /** Removes it. */
  async destroy(): Promise<void> {
    await this.cli("destroy");
  }

  environment(): NodeJS.ProcessEnv {
    this.#environment ??= commandEnvironment(this.layout);
    return this.#environment;
  }

  async #spawn(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<CommandResult> {
    const started = Date.now();
    const child = spawn(command, args, { cwd: project, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
    const code = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (exit, signal) => {
        resolve(exit ?? (signal === null ? 1 : 128));
      });
    });
    return { code, output, stdout, seconds: (Date.now() - started) / 1000 };
  }
}

/** Fails unless pulumi said that nothing changed. */
export function assertNoChange(output: string): void {
  const summary = /Resources:\n([\s\S]*?)(?:\n\n|$)/.exec(output)?.[1] ?? output;
  assert.match(summary, /^\s+\d+ unchanged\s*$/, output);
}
