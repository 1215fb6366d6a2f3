import { spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { PrivateFolder, removeAbandonedFolders } from "../../src/steps/privateFolder.ts";

describe("PrivateFolder", () => {
  it("keeps files for the owner alone and removes them", () => {
    const folder = new PrivateFolder();
    const file = folder.write("talosconfig", "x");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    folder.remove();
    expect(existsSync(file)).toBe(false);
  });

  it("goes with its process", () => {
    const program = `import { PrivateFolder } from "./src/steps/privateFolder.ts"; process.stdout.write(new PrivateFolder().write("a", "b"));`;
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
      encoding: "utf8",
    });
    expect(stdout).toMatch(/home-ops-step-\d+-/);
    expect(existsSync(stdout)).toBe(false);
  });
});

describe("removeAbandonedFolders", () => {
  it("removes folders of dead processes only", () => {
    const parent = mkdtempSync(join(tmpdir(), "abandoned-"));
    const dead = spawnSync("true").pid;
    for (const pid of [dead, process.pid]) mkdirSync(join(parent, `home-ops-step-${String(pid)}-abc`));
    mkdirSync(join(parent, "somebody-elses"));
    removeAbandonedFolders(parent);
    expect(readdirSync(parent).sort()).toStrictEqual([
      `home-ops-step-${String(process.pid)}-abc`,
      "somebody-elses",
    ]);
  });

  it("leaves those of other PID namespaces alone: their processes cannot be asked here", () => {
    const parent = mkdtempSync(join(tmpdir(), "abandoned-"));
    const dead = String(spawnSync("true").pid);
    const own = /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "";
    for (const name of [`${dead}-1-abc`, `${dead}-${own}-abc`])
      mkdirSync(join(parent, `home-ops-step-${name}`));
    removeAbandonedFolders(parent);
    expect(readdirSync(parent)).toStrictEqual([`home-ops-step-${dead}-1-abc`]);
  });

  const asRoot = process.getuid?.() === 0 ? it : it.skip;
  asRoot("goes on where a folder cannot be removed (needs root)", () => {
    const parent = mkdtempSync(join(tmpdir(), "abandoned-"));
    const dead = String(spawnSync("true").pid);
    const [others, own] = [`home-ops-step-${dead}-abc`, `home-ops-step-${dead}-def`];
    for (const name of [others, own]) mkdirSync(join(parent, name));
    chownSync(join(parent, others), 65_534, 65_534);
    removeAbandonedFolders(parent);
    expect(readdirSync(parent)).toStrictEqual([others]);
  });
});
