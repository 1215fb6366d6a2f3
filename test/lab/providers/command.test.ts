import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Plugin, revealed, secret, unknown, until, urnOf } from "./harness.ts";

const token = "command:local:Command";

describe("the command stand-in", () => {
  let plugin: Plugin;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "command-"));
    plugin = await Plugin.start("command", { FROM_PLUGIN: "inherited" });
    // Its marks of secrets come back as they were; those of the others are the engine's own matter.
    expect((await plugin.configure()).acceptsecrets).toBe(true);
  });
  afterAll(async () => {
    await plugin.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("check adds the default that the real one adds", async () => {
    const { inputs, failures } = await plugin.check(token, { create: "true" });
    expect(failures).toStrictEqual([]);
    expect(inputs).toStrictEqual({ create: "true", addPreviousOutputInEnv: true });
  });

  test("check names what does not fit", async () => {
    const { failures } = await plugin.check(token, {
      create: 1,
      environment: { A: 2 },
      logging: "loud",
      assetPaths: ["*"],
      craete: "",
    });
    expect(failures.length).toBe(4);
    expect(failures.join("\n")).toMatch(/'create' must be a string, not a number/);
    expect(failures.join("\n")).toMatch(/'environment.A' must be a string, not a number/);
    expect(failures.join("\n")).toMatch(/'logging' must be one of "stdout", .* got "loud"/);
    expect(failures.join("\n")).toMatch(/'craete' is not a property of it/);
    const assets = await plugin.check(token, { create: "true", assetPaths: ["*"] });
    expect(assets.failures.join()).toMatch(/assetPaths is not supported by the lab's stand-in/);
  });

  test("a preview runs nothing and knows no output", async () => {
    const file = join(folder, "never");
    const { outputs } = await plugin.create(
      token,
      { create: `touch ${file}`, environment: { A: unknown } },
      { preview: true },
    );
    expect(outputs["stdout"]).toBe(unknown);
    expect(outputs["stderr"]).toBe(unknown);
    expect(outputs["environment"]).toStrictEqual({ A: unknown });
    expect(() => readFileSync(file)).toThrow(/ENOENT/);
  });

  test("create runs with the inherited environment, the folder, stdin; one line break is cut off", async () => {
    const { id, outputs } = await plugin.create(token, {
      create: 'cat; echo "$FROM_PLUGIN $OWN $PWD"; echo; echo oops >&2',
      environment: { OWN: "mine" },
      dir: folder,
      stdin: "in\n",
    });
    expect(id).toMatch(/^thing[0-9a-f]{8}$/);
    expect(outputs["stdout"]).toBe(`in\ninherited mine ${folder}\n`);
    expect(outputs["stderr"]).toBe("oops");
  });

  test("output reaches the engine line by line while the command runs", async () => {
    plugin.logs.length = 0;
    const fifo = join(folder, "go");
    const done = plugin.create(token, {
      create: `echo first; while [ ! -e ${fifo} ]; do sleep 0.02; done; echo second; printf third`,
    });
    await until("the first line", () => plugin.logs.some((line) => line.message === "first"));
    expect(plugin.logs.length).toBe(1);
    writeFileSync(fifo, "");
    await done;
    expect(plugin.logs.map((line) => line.message)).toStrictEqual(["first", "second", "third"]);
    expect(plugin.logs[0]).toStrictEqual({
      urn: urnOf(token),
      message: "first",
      ephemeral: true,
      severity: 1,
    });
  });

  test.each(
    Object.entries({
      stdout: ["out"],
      stderr: ["err"],
      stdoutAndStderr: ["err", "out"],
      none: [],
    }),
  )("logging %s", async (logging, expected) => {
    plugin.logs.length = 0;
    const { outputs } = await plugin.create(token, { create: "echo out; echo err >&2", logging });
    expect(plugin.logs.map((line) => line.message).sort()).toStrictEqual(expected);
    expect(outputs["stdout"]).toBe("out");
    expect(outputs["stderr"]).toBe("err");
  });

  test("a failure reads like the real one's", async () => {
    await assert.rejects(plugin.create(token, { create: 'echo "a"; echo b >&2; exit 3' }), (error: Error) => {
      expect(error.message).toMatch(/^exit status 3: running "echo \\"a\\"; echo b >&2; exit 3":\n/);
      expect(error.message).toMatch(/a\n/);
      expect(error.message).toMatch(/b\n/);
      return true;
    });
    await expect(plugin.create(token, { create: "x", interpreter: ["no-such-program"] })).rejects.toThrow(
      /exec: "no-such-program": executable file not found in \$PATH: running "x"/,
    );
    await expect(plugin.create(token, { create: "x", dir: "/no/such" })).rejects.toThrow(
      /chdir \/no\/such: no such file or directory/,
    );
  });

  test("outputs are secret as soon as an input is, and only then", async () => {
    const plain = await plugin.create(token, { create: "echo x", environment: { A: "1" } });
    expect(plain.outputs["stdout"]).toBe("x");
    const hidden = await plugin.create(token, {
      create: 'echo "$A"',
      environment: { A: secret("s3cret"), B: "plain" },
    });
    expect(revealed(hidden.outputs["stdout"])).toBe("s3cret");
    expect(revealed(hidden.outputs["stderr"])).toBe("");
    expect(hidden.outputs["create"]).toBe('echo "$A"');
    expect(hidden.outputs["environment"]).toStrictEqual({ A: secret("s3cret"), B: "plain" });
  });

  test("diff: nothing, an update, a replacement by triggers", async () => {
    const inputs = {
      create: "echo",
      environment: { A: "1", B: "2" },
      triggers: ["a", { b: 1 }],
      addPreviousOutputInEnv: true,
    };
    const olds = { ...inputs, stdout: "", stderr: "" };
    expect(await plugin.diff(token, olds, inputs)).toStrictEqual({
      changes: false,
      replaces: [],
      names: [],
      hasPaths: true,
      detailed: {},
    });
    const update = await plugin.diff(token, olds, { ...inputs, environment: { A: "1", B: "3", C: "4" } });
    expect(update.changes).toBe(true);
    expect(update.replaces).toStrictEqual([]);
    expect(update.detailed).toStrictEqual({ "environment.B": 4, "environment.C": 0 });
    const replace = await plugin.diff(token, olds, { ...inputs, triggers: ["a", { b: 2 }] });
    expect(replace.replaces).toStrictEqual(["triggers"]);
    expect(replace.detailed["triggers[1].b"]).toBe(5);
    const sealed = await plugin.diff(
      token,
      { ...olds, create: secret("echo") },
      { ...inputs, create: secret("echo") },
    );
    expect(sealed.changes).toBe(false);
  });

  test("update runs create again unless there is an update, with the outputs before in the environment", async () => {
    const show = 'echo "${PULUMI_COMMAND_STDOUT:-none}/${PULUMI_COMMAND_STDERR:-none}"';
    const olds = { create: show, stdout: "before", stderr: "" };
    const news = { create: show, environment: { X: "1" }, addPreviousOutputInEnv: true };
    expect((await plugin.update(token, "id", olds, news))["stdout"]).toBe("before/none");
    expect(
      (await plugin.update(token, "id", olds, { ...news, addPreviousOutputInEnv: false }))["stdout"],
    ).toBe("none/none");
    expect((await plugin.update(token, "id", olds, { ...news, update: "echo updated" }))["stdout"]).toBe(
      "updated",
    );
    expect((await plugin.update(token, "id", olds, news, { preview: true }))["stdout"]).toBe(unknown);
  });

  test("delete runs what the state says, or nothing", async () => {
    const file = join(folder, "deleted");
    await plugin.delete(token, "id", { create: "x", stdout: "", stderr: "" });
    await plugin.delete(token, "id", {
      delete: `echo "$A" > ${file}`,
      environment: { A: secret("gone") },
      stdout: "",
      stderr: "",
    });
    expect(readFileSync(file, "utf8")).toBe("gone\n");
  });

  test("the function runs a command too", async () => {
    const { result } = await plugin.invoke("command:local:run", { command: "echo hello" });
    expect(result["stdout"]).toBe("hello");
  });

  test("a token that is not there is named", async () => {
    await expect(plugin.create("command:remote:Command", {})).rejects.toThrow(
      /the command stand-in has no resource command:remote:Command/,
    );
  });
});

describe("a command stand-in that is cancelled", () => {
  test.each(
    Object.entries({
      "by the engine": (plugin: Plugin): void => void plugin.cancel(),
      "because the engine died": (plugin: Plugin): void => plugin.killEngine(),
    }),
  )("%s: the command and what it started are gone", async (_how, stop) => {
    const plugin = await Plugin.start("command");
    try {
      await plugin.configure();
      const work = plugin.create(token, { create: "sleep 1000 & echo $!; echo $$; wait" });
      const failed = expect(work).rejects.toThrow();
      await until("both process ids", () => plugin.logs.length === 2);
      const pids = plugin.logs.map((line) => Number(line.message));
      stop(plugin);
      await failed;
      await until("the processes' end", () => pids.every((pid) => !runs(pid)));
    } finally {
      await plugin.stop();
    }
  });
});

/** Whether a process runs; one that nobody has collected yet does not. */
function runs(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
