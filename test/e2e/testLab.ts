// A lab of one test file's own, driven as a user drives it: by the lab's command line and by programs in its environment.
import { spawn, type ChildProcess } from "node:child_process";
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parse, stringify } from "yaml";
import { commandEnvironment } from "../../lab/cli/commands.ts";
import { labExists, readLab } from "../../lab/labFile.ts";
import type { LabLayout, LabSize } from "../../lab/layout.ts";
import { callLab } from "../../lab/supervisor/control.ts";
import type { LabStatus } from "../../lab/supervisor/status.ts";
import { sshEnvironment } from "../../lab/git/environment.ts";
import { acquireLock, type Lock } from "../../tools/lock.ts";
import { begin, startingPoints } from "./savedLab.ts";

/** How a command ended. */
export interface CommandResult {
  readonly code: number;
  /** What a terminal would show. */
  readonly output: string;
  readonly stdout: string;
  readonly seconds: number;
}

/** How a run of pulumi ended. */
export interface EngineRun extends CommandResult {
  /**
   * How many resources it changed how, or would change, e.g. `{ same: 43 }`, as its event log says: on the screen late lines
   * may follow the summary. Not there where it came to no end.
   */
  readonly changes: object | undefined;
}

/** What a stack config says instead, by key below `home-ops:`. */
export type ConfigChange = Readonly<Record<string, (value: object) => unknown>>;

/** The project's root. */
export const project = join(import.meta.dirname, "..", "..");

const labMain = join(project, "lab", "cli", "main.ts");

/**
 * A lab for tests. Where it begins:
 *
 * - `TestLab.start("name")` is a new lab of bare machines. It costs the minutes of building a cluster.
 * - `TestLab.restored("ha")` is a finished cluster, from a copy, in seconds (savedLab.ts says what it is). Every test file
 *   that wants one calls it in `before`, and `destroy` in `after`. All of them use the same lab, one after the other; the
 *   copy is built by the first one that finds none of this code, which `jest.setTimeout` needs ten minutes for.
 *
 * `npm run test:e2e` runs two files at a time, never two that begin with the same saved lab. A file named `*.full.test.ts`
 * runs only in `make test-full`. While you work on a test, `HOME_OPS_STALE_COPY=1 npm run test:e2e -- mine` keeps the copy
 * that there is although the code has changed.
 */
export class TestLab {
  readonly name: string;
  /** Everything that commands have printed, for the search for secrets. */
  readonly printed: { name: string; text: string }[] = [];
  #environment: NodeJS.ProcessEnv | undefined;
  #lock: Lock | undefined;
  #runs = 0;

  constructor(name: string) {
    this.name = `test-${name}`;
  }

  /** A new lab of this name, running. */
  static async start(name: string, size: LabSize = "lab"): Promise<TestLab> {
    const lab = new TestLab(name);
    await lab.remove();
    await lab.cli("up", "--size", size);
    return lab;
  }

  /** A finished cluster from a copy, running and whole. Waits while another process has it. */
  static async restored(name: keyof typeof startingPoints): Promise<TestLab> {
    const lab = new TestLab(name);
    lab.#lock = await acquireLock(join(project, ".lab", lab.name), (holder) => {
      console.log(`process ${holder} has ${lab.name}: waiting for it`);
    });
    await begin(lab, startingPoints[name]);
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
  async up(env: NodeJS.ProcessEnv = {}): Promise<EngineRun> {
    return this.#engine("npm", ["run", "-s", "up", "--", "--yes", "--skip-preview"], env);
  }

  /** The same, which must succeed. */
  async finish(): Promise<EngineRun> {
    const run = await this.up();
    assert.equal(run.code, 0, run.output);
    return run;
  }

  /** A preview that succeeds. */
  async previewed(...flags: string[]): Promise<EngineRun> {
    const run = await this.#engine("pulumi", ["preview", "--diff", ...flags]);
    assert.equal(run.code, 0, run.output);
    return run;
  }

  /** What such a preview prints, with its warnings, which go to standard error. */
  async preview(...flags: string[]): Promise<string> {
    return (await this.previewed(...flags)).output;
  }

  async #engine(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<EngineRun> {
    this.#runs += 1;
    const log = join(this.layout.state, `events-${String(process.pid)}-${String(this.#runs)}.log`);
    const result = await this.run(command, [...args, "--non-interactive", "--event-log", log], {
      ...env,
      // The flag is one of those that pulumi keeps for its own tools.
      PULUMI_DEBUG_COMMANDS: "true",
    });
    const events = existsSync(log) ? readFileSync(log, "utf8").split("\n") : [];
    rmSync(log, { force: true });
    const summary = events.find((event) => event.includes('"summaryEvent":'));
    const { summaryEvent } = JSON.parse(summary ?? "{}") as { summaryEvent?: { resourceChanges: object } };
    return { ...result, changes: summaryEvent?.resourceChanges };
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

  /**
   * Waits until a condition holds. Between two looks it rests twice as long as a look takes: one that starts a program would
   * keep a core busy by itself, which the lab needs.
   * @param rest how often as long as a look; 0 for what is over in a moment
   * @throws AssertionError after `seconds`
   */
  async until(what: string, condition: () => Promise<boolean>, seconds = 60, rest = 2): Promise<void> {
    const end = Date.now() + seconds * 1000;
    for (;;) {
      const begun = Date.now();
      if (await condition().catch(() => false)) return;
      assert.ok(Date.now() < end, `${what} within ${String(seconds)} s`);
      await delay(Math.max(20, rest * (Date.now() - begun)));
    }
  }

  get #stackFile(): string {
    return join(project, `Pulumi.${this.name}.yaml`);
  }

  /** Changes the stack config, for good. The lab writes its own at every start. */
  changeConfig(changes: ConfigChange): void {
    writeFileSync(this.#stackFile, changed(readFileSync(this.#stackFile, "utf8"), changes));
  }

  /** Changes versions in it, e.g. `{ cilium: "1.20.1" }`. */
  setVersions(versions: Readonly<Record<string, string>>): void {
    this.changeConfig({ versions: (value) => ({ ...value, ...versions }) });
  }

  /** Runs a test with another stack config, and puts the right one back however it ends. */
  async withConfig(changes: ConfigChange, test: () => Promise<void>): Promise<void> {
    await this.withFile(this.#stackFile, (right) => changed(right, changes), test);
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

  /** Commits a change of files in the lab's checkout of the tree and pushes it, as a user would. */
  async commit(message: string, files: Readonly<Record<string, (text: string) => string>>): Promise<void> {
    for (const [path, change] of Object.entries(files)) {
      const file = join(this.layout.repo, path);
      writeFileSync(file, change(existsSync(file) ? readFileSync(file, "utf8") : ""));
    }
    await this.git("add", "--all");
    await this.git("commit", "--quiet", "--message", message);
    await this.push();
  }

  /** Pushes the checkout's branch. */
  async push(): Promise<void> {
    await this.git("push", "--quiet", this.#gitConfig.url, "HEAD:main");
  }

  /** git in the lab's checkout of the tree, with the key of the repository's owner. @returns standard output */
  async git(...words: string[]): Promise<string> {
    const { layout } = this;
    const key = join(layout.secrets, "git-owner-key");
    const identity = ["-c", "user.name=home-ops lab", "-c", "user.email=lab@home.example"];
    const result = await this.run(
      "git",
      ["-C", layout.repo, ...identity, ...words],
      sshEnvironment(key, this.#gitConfig.knownHosts[0] ?? ""),
    );
    assert.equal(result.code, 0, `git ${words.join(" ")}:\n${result.output}`);
    return result.stdout;
  }

  get #gitConfig(): { readonly url: string; readonly knownHosts: readonly string[] } {
    const { config } = parse(readFileSync(this.#stackFile, "utf8")) as {
      config: { "home-ops:git": { url: string; knownHosts: string[] } };
    };
    return config["home-ops:git"];
  }

  /** Removes it, and lets others have it. */
  async destroy(): Promise<void> {
    await this.remove();
    await this.#lock?.release();
  }

  /** Removes whatever there is of it, also what a killed run left. Copies stay. */
  async remove(): Promise<void> {
    if (labExists(project, this.name)) await this.cli("destroy");
    rmSync(join(project, ".lab", this.name), { recursive: true, force: true });
    rmSync(join(project, "backups", this.name), { recursive: true, force: true });
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

/** Fails unless pulumi changed nothing, or would change nothing. */
export function assertNoChange({ changes, output }: EngineRun): void {
  assert.deepEqual(Object.keys(changes ?? {}), ["same"], output);
}

function changed(stack: string, changes: ConfigChange): string {
  const content = parse(stack) as { config: Record<string, object> };
  for (const [key, change] of Object.entries(changes)) {
    const name = `home-ops:${key}`;
    content.config[name] = change(content.config[name] ?? {}) as object;
  }
  return stringify(content);
}
