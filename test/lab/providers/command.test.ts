import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Plugin, revealed, secret, unknown, until, urnOf } from "./harness.ts";

const token = "command:local:Command";

describe("the command stand-in", () => {
  let plugin: Plugin;
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "command-"));
    plugin = await Plugin.start("command", { FROM_PLUGIN: "inherited" });
    // Its marks of secrets come back as they were; those of the others are the engine's own matter.
    assert.equal((await plugin.configure()).acceptsecrets, true);
  });
  after(async () => {
    await plugin.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("check adds the default that the real one adds", async () => {
    const { inputs, failures } = await plugin.check(token, { create: "true" });
    assert.deepEqual(failures, []);
    assert.deepEqual(inputs, { create: "true", addPreviousOutputInEnv: true });
  });

  test("check names what does not fit", async () => {
    const { failures } = await plugin.check(token, {
      create: 1,
      environment: { A: 2 },
      logging: "loud",
      assetPaths: ["*"],
      craete: "",
    });
    assert.equal(failures.length, 4);
    assert.match(failures.join("\n"), /'create' must be a string, not a number/);
    assert.match(failures.join("\n"), /'environment.A' must be a string, not a number/);
    assert.match(failures.join("\n"), /'logging' must be one of "stdout", .* got "loud"/);
    assert.match(failures.join("\n"), /'craete' is not a property of it/);
    const assets = await plugin.check(token, { create: "true", assetPaths: ["*"] });
    assert.match(assets.failures.join(), /assetPaths is not supported by the lab's stand-in/);
  });

  test("a preview runs nothing and knows no output", async () => {
    const file = join(folder, "never");
    const { outputs } = await plugin.create(
      token,
      { create: `touch ${file}`, environment: { A: unknown } },
      { preview: true },
    );
    assert.equal(outputs["stdout"], unknown);
    assert.equal(outputs["stderr"], unknown);
    assert.deepEqual(outputs["environment"], { A: unknown });
    assert.throws(() => readFileSync(file), /ENOENT/);
  });

  test("create runs with the inherited environment, the folder, stdin; one line break is cut off", async () => {
    const { id, outputs } = await plugin.create(token, {
      create: 'cat; echo "$FROM_PLUGIN $OWN $PWD"; echo; echo oops >&2',
      environment: { OWN: "mine" },
      dir: folder,
      stdin: "in\n",
    });
    assert.match(id, /^thing[0-9a-f]{8}$/);
    assert.equal(outputs["stdout"], `in\ninherited mine ${folder}\n`);
    assert.equal(outputs["stderr"], "oops");
  });

  test("output reaches the engine line by line while the command runs", async () => {
    plugin.logs.length = 0;
    const fifo = join(folder, "go");
    const done = plugin.create(token, {
      create: `echo first; while [ ! -e ${fifo} ]; do sleep 0.02; done; echo second; printf third`,
    });
    await until("the first line", () => plugin.logs.some((line) => line.message === "first"));
    assert.equal(plugin.logs.length, 1);
    writeFileSync(fifo, "");
    await done;
    assert.deepEqual(
      plugin.logs.map((line) => line.message),
      ["first", "second", "third"],
    );
    assert.deepEqual(plugin.logs[0], { urn: urnOf(token), message: "first", ephemeral: true, severity: 1 });
  });

  for (const [logging, expected] of Object.entries({
    stdout: ["out"],
    stderr: ["err"],
    stdoutAndStderr: ["err", "out"],
    none: [],
  }))
    test(`logging ${logging}`, async () => {
      plugin.logs.length = 0;
      const { outputs } = await plugin.create(token, { create: "echo out; echo err >&2", logging });
      assert.deepEqual(plugin.logs.map((line) => line.message).sort(), expected);
      assert.equal(outputs["stdout"], "out");
      assert.equal(outputs["stderr"], "err");
    });

  test("a failure reads like the real one's", async () => {
    await assert.rejects(plugin.create(token, { create: 'echo "a"; echo b >&2; exit 3' }), (error: Error) => {
      assert.match(error.message, /^exit status 3: running "echo \\"a\\"; echo b >&2; exit 3":\n/);
      assert.match(error.message, /a\n/);
      assert.match(error.message, /b\n/);
      return true;
    });
    await assert.rejects(
      plugin.create(token, { create: "x", interpreter: ["no-such-program"] }),
      /exec: "no-such-program": executable file not found in \$PATH: running "x"/,
    );
    await assert.rejects(
      plugin.create(token, { create: "x", dir: "/no/such" }),
      /chdir \/no\/such: no such file or directory/,
    );
  });

  test("outputs are secret as soon as an input is, and only then", async () => {
    const plain = await plugin.create(token, { create: "echo x", environment: { A: "1" } });
    assert.equal(plain.outputs["stdout"], "x");
    const hidden = await plugin.create(token, {
      create: 'echo "$A"',
      environment: { A: secret("s3cret"), B: "plain" },
    });
    assert.equal(revealed(hidden.outputs["stdout"]), "s3cret");
    assert.equal(revealed(hidden.outputs["stderr"]), "");
    assert.equal(hidden.outputs["create"], 'echo "$A"');
    assert.deepEqual(hidden.outputs["environment"], { A: secret("s3cret"), B: "plain" });
  });

  test("diff: nothing, an update, a replacement by triggers", async () => {
    const inputs = {
      create: "echo",
      environment: { A: "1", B: "2" },
      triggers: ["a", { b: 1 }],
      addPreviousOutputInEnv: true,
    };
    const olds = { ...inputs, stdout: "", stderr: "" };
    assert.deepEqual(await plugin.diff(token, olds, inputs), {
      changes: false,
      replaces: [],
      names: [],
      hasPaths: true,
      detailed: {},
    });
    const update = await plugin.diff(token, olds, { ...inputs, environment: { A: "1", B: "3", C: "4" } });
    assert.equal(update.changes, true);
    assert.deepEqual(update.replaces, []);
    assert.deepEqual(update.detailed, { "environment.B": 4, "environment.C": 0 });
    const replace = await plugin.diff(token, olds, { ...inputs, triggers: ["a", { b: 2 }] });
    assert.deepEqual(replace.replaces, ["triggers"]);
    assert.equal(replace.detailed["triggers[1].b"], 5);
    const sealed = await plugin.diff(
      token,
      { ...olds, create: secret("echo") },
      { ...inputs, create: secret("echo") },
    );
    assert.equal(sealed.changes, false);
  });

  test("update runs create again unless there is an update, with the outputs before in the environment", async () => {
    const show = 'echo "${PULUMI_COMMAND_STDOUT:-none}/${PULUMI_COMMAND_STDERR:-none}"';
    const olds = { create: show, stdout: "before", stderr: "" };
    const news = { create: show, environment: { X: "1" }, addPreviousOutputInEnv: true };
    assert.equal((await plugin.update(token, "id", olds, news))["stdout"], "before/none");
    assert.equal(
      (await plugin.update(token, "id", olds, { ...news, addPreviousOutputInEnv: false }))["stdout"],
      "none/none",
    );
    assert.equal(
      (await plugin.update(token, "id", olds, { ...news, update: "echo updated" }))["stdout"],
      "updated",
    );
    assert.equal((await plugin.update(token, "id", olds, news, { preview: true }))["stdout"], unknown);
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
    assert.equal(readFileSync(file, "utf8"), "gone\n");
  });

  test("the function runs a command too", async () => {
    const { result } = await plugin.invoke("command:local:run", { command: "echo hello" });
    assert.equal(result["stdout"], "hello");
  });

  test("a token that is not there is named", async () => {
    await assert.rejects(
      plugin.create("command:remote:Command", {}),
      /the command stand-in has no resource command:remote:Command/,
    );
  });
});

describe("a command stand-in that is cancelled", () => {
  for (const [how, stop] of Object.entries({
    "by the engine": (plugin: Plugin): void => void plugin.cancel(),
    "because the engine died": (plugin: Plugin): void => plugin.killEngine(),
  }))
    test(`${how}: the command and what it started are gone`, async () => {
      const plugin = await Plugin.start("command");
      try {
        await plugin.configure();
        const work = plugin.create(token, { create: "sleep 1000 & echo $!; echo $$; wait" });
        const failed = assert.rejects(work);
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
