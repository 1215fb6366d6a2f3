import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, statSync } from "node:fs";
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
});
