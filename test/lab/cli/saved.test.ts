import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { CommandInput } from "../../../lab/cli/commands.ts";
import { restore, save } from "../../../lab/cli/saved.ts";
import { createLab, labExists, readLab } from "../../../lab/labFile.ts";

describe("copies of a stopped lab", () => {
  let project: string;
  beforeEach(async () => {
    project = mkdtempSync(join(tmpdir(), "home-ops-saved-"));
    const { root } = await createLab(project, "one", "lab-ha");
    mkdirSync(join(root, "secrets"));
    writeFileSync(join(root, "secrets", "control-token"), "token");
    writeFileSync(join(root, "data"), "first");
    writeFileSync(join(project, "Pulumi.one.yaml"), "config: first\n");
  });
  afterEach(() => {
    rmSync(project, { recursive: true, force: true });
  });

  const input = (copy: string): CommandInput => ({
    project,
    name: "one",
    size: "lab",
    words: [copy],
    follow: false,
    off: false,
  });
  const data = (): string => readFileSync(join(project, ".lab", "one", "data"), "utf8");

  it("bring back data, stack config, size and addresses", async () => {
    const { slot } = readLab(project, "one");
    await save(input("copy"));
    writeFileSync(join(project, ".lab", "one", "data"), "second");
    writeFileSync(join(project, "Pulumi.one.yaml"), "config: second\n");
    await restore(input("copy"));
    expect(data()).toBe("first");
    expect(readFileSync(join(project, "Pulumi.one.yaml"), "utf8")).toBe("config: first\n");
    expect(readLab(project, "one").slot).toBe(slot);
    expect(readLab(project, "one").size).toBe("lab-ha");
  });

  it("bring back a lab that is gone", async () => {
    await save(input("copy"));
    rmSync(join(project, ".lab", "one"), { recursive: true });
    expect(labExists(project, "one")).toBe(false);
    await restore(input("copy"));
    expect(data()).toBe("first");
  });

  it("keep their addresses from other new labs", async () => {
    const { slot } = readLab(project, "one");
    await save(input("copy"));
    rmSync(join(project, ".lab", "one"), { recursive: true });
    // The name that would get this slot if it were free.
    const rival = Array.from({ length: 20_000 }, (_, index) => `rival-${String(index)}`).find(
      (name) => firstSlot(project, name) === slot,
    );
    assert.ok(rival);
    expect((await createLab(project, rival, "lab")).slot).not.toBe(slot);
    rmSync(join(project, ".lab"), { recursive: true });
    expect((await createLab(project, rival, "lab")).slot).toBe(slot);
  });

  it("are never half there: a save that is cut off leaves the last whole one", async () => {
    await save(input("copy"));
    const half = join(project, ".lab", ".saved", "one", "copy.new");
    mkdirSync(half);
    writeFileSync(join(half, "data"), "half");
    await restore(input("copy"));
    expect(data()).toBe("first");
    await save(input("copy"));
    expect(existsSync(half)).toBe(false);
  });

  it("are named when there is none of that name", async () => {
    await save(input("copy"));
    await expect(restore(input("other"))).rejects.toMatchObject({
      message: 'there is no copy "other" of lab one; there are: copy',
    });
  });
});

/** Where the search for a slot begins (lab/labFile.ts). */
function firstSlot(project: string, name: string): number {
  return 1 + (createHash("sha256").update(join(project, name)).digest().readUInt32BE() % 200);
}
