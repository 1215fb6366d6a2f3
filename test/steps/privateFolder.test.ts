import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { PrivateFolder, removeAbandonedFolders } from "../../src/steps/privateFolder.ts";

describe("PrivateFolder", () => {
  it("keeps files for the owner alone and removes them", () => {
    const folder = new PrivateFolder();
    const file = folder.write("talosconfig", "x");
    assert.equal(statSync(file).mode & 0o777, 0o600);
    folder.remove();
    assert.equal(existsSync(file), false);
  });

  it("goes with its process", () => {
    const program = `import { PrivateFolder } from "./src/steps/privateFolder.ts"; process.stdout.write(new PrivateFolder().write("a", "b"));`;
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
      encoding: "utf8",
    });
    assert.match(stdout, /home-ops-step-\d+-/);
    assert.equal(existsSync(stdout), false);
  });
});

describe("removeAbandonedFolders", () => {
  it("removes folders of dead processes only", () => {
    const parent = mkdtempSync(join(tmpdir(), "abandoned-"));
    const dead = spawnSync("true").pid;
    for (const pid of [dead, process.pid]) mkdirSync(join(parent, `home-ops-step-${String(pid)}-abc`));
    mkdirSync(join(parent, "somebody-elses"));
    removeAbandonedFolders(parent);
    assert.deepEqual(readdirSync(parent).sort(), [
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
    assert.deepEqual(readdirSync(parent), [`home-ops-step-${dead}-1-abc`]);
  });

  it("goes on where a folder cannot be removed", { skip: process.getuid?.() !== 0 && "needs root" }, () => {
    const parent = mkdtempSync(join(tmpdir(), "abandoned-"));
    const dead = String(spawnSync("true").pid);
    const [others, own] = [`home-ops-step-${dead}-abc`, `home-ops-step-${dead}-def`];
    for (const name of [others, own]) mkdirSync(join(parent, name));
    chownSync(join(parent, others), 65_534, 65_534);
    removeAbandonedFolders(parent);
    assert.deepEqual(readdirSync(parent), [others]);
  });
});
