import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { ensureTools } from "../../tools/ensureTools.ts";
import { acquireLock } from "../../tools/lock.ts";
import { Fixture } from "./fixture.ts";

const module_ = (name: string): string => JSON.stringify(join(import.meta.dirname, "../../tools", name));

/** Waits until something is so. @throws after ten seconds */
async function until(what: string, claim: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    if (claim()) return;
    await delay(20);
  }
  throw new Error(`${what} did not happen within ten seconds`);
}

/** Whether a process has ended. One that nobody has reaped yet, which is for the first process of the computer to do, has. */
function gone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return /^State:\tZ/m.test(readFileSync(`/proc/${String(pid)}/status`, "utf8"));
  } catch {
    return true;
  }
}

describe("the build lock", () => {
  let fixture: Fixture;
  beforeEach(() => {
    fixture = new Fixture();
  });
  afterEach(() => fixture.remove());

  it("is held by one at a time, and names its holder to who waits", async () => {
    const first = await acquireLock(fixture.cache, () => assert.fail("nobody holds it"));
    const order: string[] = [];
    let holder = "";
    const second = acquireLock(fixture.cache, (pid) => (holder = pid)).then((lock) => {
      order.push("second");
      return lock;
    });
    await until("the question for the holder", () => holder !== "");
    order.push("release");
    await first.release();
    await (await second).release();
    expect(order).toStrictEqual(["release", "second"]);
    expect(holder).toBe(String(process.pid));
  });

  it("is free again when its holder was killed", async () => {
    const code = `import { acquireLock } from ${module_("lock.ts")};
      await acquireLock(${JSON.stringify(fixture.cache)}, () => undefined);
      console.log("held"); setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    let holder = "";
    const waiting = acquireLock(fixture.cache, (pid) => {
      holder = pid;
      child.kill("SIGKILL");
    });
    await (await waiting).release();
    expect(holder).toBe(String(child.pid));
  });

  it("lets two runs build each program once", async () => {
    const keys = ["alpha", "beta@1", "gamma"];
    const [one, two] = await Promise.all([
      ensureTools(fixture.options(keys)),
      ensureTools(fixture.options(keys)),
    ]);
    expect(one).toStrictEqual(two);
    expect(fixture.calls.length).toBe(keys.length);
    expect(fixture.written).toMatch(/Process \d+ is building tools: waiting for it/);
  });
});

describe("Ctrl-C during a build", () => {
  it("ends the compiler, leaves nothing half-written under the program's name, and exits as by the signal", async () => {
    const fixture = new Fixture();
    try {
      fixture.file("hang", "");
      const { keys, env, recipes, groups } = fixture.options(["gamma"]);
      const options = JSON.stringify({ keys, env, recipes, groups });
      const code = `import { ensureTools } from ${module_("ensureTools.ts")}; await ensureTools(${options});`;
      const child = spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: "ignore" });
      await until("the build", () => existsSync(join(fixture.folder, "pid")) && fixture.read("pid") !== "");
      const closed = once(child, "close");
      child.kill("SIGINT");
      expect(await closed).toStrictEqual([null, "SIGINT"]);
      await until("the compiler's end", () => gone(Number(fixture.read("pid"))));
      const folder = readdirSync(fixture.cache).find((name) => name.startsWith("two-")) ?? "";
      expect(existsSync(join(fixture.cache, folder, "gamma"))).toBe(false);
    } finally {
      fixture.remove();
    }
  });
});
