import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import { Decrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { ensureBackup } from "../../src/steps/backup.ts";

const project = process.cwd();
const hour = 3600 * 1000;

describe("backups", () => {
  let root: string;
  let identity: string;
  let recipient: string;
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), "home-ops-backup-"));
    process.chdir(root);
    identity = await generateX25519Identity();
    recipient = await identityToRecipient(identity);
    mock.timers.enable({ apis: ["Date"], now: Date.parse("2026-11-23T20:15:00Z") });
  });
  afterEach(() => {
    mock.timers.reset();
    process.chdir(project);
    rmSync(root, { recursive: true });
  });

  const take = (target?: string, content = "the content", kind = "etcd.db"): Promise<string | undefined> =>
    ensureBackup(
      { stack: "home", recipients: [recipient], kind, ...(target === undefined ? {} : { target }) },
      () => Promise.resolve(Buffer.from(content)),
    );
  const later = (ms: number): void => {
    mock.timers.tick(ms);
  };
  const backups = (): readonly string[] =>
    readdirSync("backups/home")
      .filter((file) => file.endsWith(".age"))
      .sort();

  it("are encrypted to the recipients, for the owner alone, and in clear nowhere", async () => {
    const file = await take("Talos v1.12.0", "very secret content");
    assert.equal(file, join("backups", "home", "2026-11-23T20-15-00Z-etcd.db.age"));
    const sealed = readFileSync(file);
    assert.match(sealed.subarray(0, 30).toString(), /^age-encryption\.org\/v1/);
    for (const name of readdirSync("backups/home"))
      assert.ok(!readFileSync(join("backups/home", name)).includes("very secret content"), name);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(statSync("backups/home").mode & 0o777, 0o700);
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    assert.equal(await decrypter.decrypt(sealed, "text"), "very secret content");
  });

  it("are taken once for a target, and once more when that was a day ago", async () => {
    assert.notEqual(await take("Talos v1.12.0"), undefined);
    later(23 * hour);
    assert.equal(await take("Talos v1.12.0"), undefined);
    later(2 * hour);
    assert.notEqual(await take("Talos v1.12.0"), undefined);
    assert.equal(backups().length, 2);
  });

  it("are taken for every other target, however young the last one is", async () => {
    await take("Talos v1.12.0");
    later(1000);
    assert.notEqual(await take("Talos v1.12.0, Kubernetes v1.35.4"), undefined);
    assert.equal(backups().length, 2);
  });

  it("of any target will do for who names none, as long as it is younger than a day", async () => {
    await take("Talos v1.12.0");
    later(hour);
    assert.equal(await take(), undefined);
    later(24 * hour);
    assert.notEqual(await take(), undefined);
  });

  it("of a kind are five, the newest ones; other kinds are left alone", async () => {
    await take("Flux v2.9.4", "objects", "flux.yaml");
    for (let index = 0; index < 7; index++) {
      later(1000);
      await take(`target ${String(index)}`, `content ${String(index)}`);
    }
    const times = ["03", "04", "05", "06", "07"].map((second) => `2026-11-23T20-15-${second}Z-etcd.db.age`);
    assert.deepEqual(backups(), ["2026-11-23T20-15-00Z-flux.yaml.age", ...times]);
  });

  it("that were cut off are none", async () => {
    mkdirSync("backups/home", { recursive: true });
    writeFileSync("backups/home/2026-11-23T20-14-00Z-etcd.db.age.new", "half");
    assert.notEqual(await take("Talos v1.12.0"), undefined);
  });

  it("are nothing that Git would take", () => {
    assert.ok(existsSync(join(project, ".gitignore")));
    const ignored = execFileSync("git", ["check-ignore", "backups/home/2026-11-23T20-15-00Z-etcd.db.age"], {
      cwd: project,
      encoding: "utf8",
    });
    assert.match(ignored, /^backups\//);
  });
});
