// What a killed engine leaves of a file backend, and a pulumi that only says where the backend is.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { freeLock, removeBrokenAttributes } from "../../commands/recover/fileBackend.ts";

describe("recovery of a file backend", () => {
  let folder: string;
  let stacks: string;
  let lockFile: string;
  const path = process.env["PATH"];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "recover-"));
    stacks = join(folder, ".pulumi", "stacks", "home-ops");
    const locks = join(folder, ".pulumi", "locks", "organization", "home-ops", "home");
    for (const each of [stacks, locks]) mkdirSync(each, { recursive: true });
    lockFile = join(locks, "1.json");
    const pulumi = join(folder, "pulumi");
    writeFileSync(pulumi, `#!/bin/sh\necho '{"url":"file://${folder}"}'\n`);
    chmodSync(pulumi, 0o755);
    process.env["PATH"] = `${folder}:${String(path)}`;
  });
  afterEach(() => {
    process.env["PATH"] = path;
    rmSync(folder, { recursive: true });
  });

  const lock = (pid: number, host = hostname()): void => {
    const timestamp = "2026-11-23T20:00:00Z";
    writeFileSync(lockFile, JSON.stringify({ pid, hostname: host, username: "me", timestamp }));
  };

  it("has nothing to do when nothing is broken", async () => {
    rmSync(join(folder, ".pulumi"), { recursive: true });
    expect(removeBrokenAttributes("home-ops")).toStrictEqual([]);
    expect(await freeLock("home", "home-ops")).toStrictEqual([]);
  });

  it("removes attributes that were cut off, and nothing else", () => {
    writeFileSync(join(stacks, "home.json"), "{}");
    writeFileSync(join(stacks, "home.json.attrs"), '{"user.content_t');
    writeFileSync(join(stacks, "other.json.attrs"), '{"user.content_type":"x"}');
    expect(removeBrokenAttributes("home-ops")).toStrictEqual([
      "removed home.json.attrs, which was cut off; the state beside it is whole",
    ]);
    expect(existsSync(join(stacks, "home.json"))).toBeTruthy();
    expect(!existsSync(join(stacks, "home.json.attrs"))).toBeTruthy();
    expect(existsSync(join(stacks, "other.json.attrs"))).toBeTruthy();
  });

  it("frees the lock of a process that is gone", async () => {
    const child = spawn("true");
    await once(child, "exit");
    lock(child.pid ?? 0);
    const [line] = await freeLock("home", "home-ops");
    expect(line ?? "").toMatch(/^freed the stack's lock \(process \d+ of me on .*, since .*: gone\)$/);
    expect(!existsSync(lockFile)).toBeTruthy();
  });

  it("frees it too when another program has got the number", async () => {
    lock(process.pid);
    expect((await freeLock("home", "home-ops")).length).toBe(1);
  });

  it("leaves the lock of a running pulumi alone", async () => {
    const engine = join(folder, "pulumi-engine");
    copyFileSync("/bin/sleep", engine);
    const child = spawn(engine, ["60"]);
    await once(child, "spawn");
    try {
      lock(child.pid ?? 0);
      await expect(freeLock("home", "home-ops")).rejects.toMatchObject({
        message: expect.stringMatching(/stack home is locked by process \d+ of me.*running$/),
        todo: "wait for it, or stop it",
      });
      expect(existsSync(lockFile)).toBeTruthy();
    } finally {
      child.kill();
    }
  });

  it("leaves another computer's lock alone", async () => {
    lock(1, "elsewhere");
    await expect(freeLock("home", "home-ops")).rejects.toMatchObject({
      message: expect.stringMatching(/on elsewhere/),
      todo: expect.stringMatching(/pulumi cancel/),
    });
    expect(existsSync(lockFile)).toBeTruthy();
  });
});
