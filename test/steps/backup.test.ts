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
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { Decrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { ensureBackup } from "../../src/steps/backup.ts";

const project = process.cwd();
const hour = 3600 * 1000;
const allButTheDate = [
  "hrtime",
  "nextTick",
  "performance",
  "queueMicrotask",
  "setImmediate",
  "clearImmediate",
  "setInterval",
  "clearInterval",
  "setTimeout",
  "clearTimeout",
] as const;

describe("backups", () => {
  let root: string;
  let identity: string;
  let recipient: string;
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), "home-ops-backup-"));
    process.chdir(root);
    identity = await generateX25519Identity();
    recipient = await identityToRecipient(identity);
    jest.useFakeTimers({ now: Date.parse("2026-11-23T20:15:00Z"), doNotFake: [...allButTheDate] });
  });
  afterEach(() => {
    jest.useRealTimers();
    process.chdir(project);
    rmSync(root, { recursive: true });
  });

  const take = (target?: string, content = "the content", kind = "etcd.db"): Promise<string | undefined> =>
    ensureBackup(
      { stack: "home", recipients: [recipient], kind, ...(target === undefined ? {} : { target }) },
      () => Promise.resolve(Buffer.from(content)),
    );
  const later = (ms: number): void => {
    jest.setSystemTime(Date.now() + ms);
  };
  const backups = (): readonly string[] =>
    readdirSync("backups/home")
      .filter((file) => file.endsWith(".age"))
      .sort();

  it("are encrypted to the recipients, for the owner alone, and in clear nowhere", async () => {
    const file = (await take("Talos v1.12.0", "very secret content")) ?? "";
    expect(file).toBe(join("backups", "home", "2026-11-23T20-15-00Z-etcd.db.age"));
    const sealed = readFileSync(file);
    expect(sealed.subarray(0, 30).toString()).toMatch(/^age-encryption\.org\/v1/);
    for (const name of readdirSync("backups/home"))
      expect(readFileSync(join("backups/home", name))).not.toContain("very secret content");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync("backups/home").mode & 0o777).toBe(0o700);
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    expect(await decrypter.decrypt(sealed, "text")).toBe("very secret content");
  });

  it("are taken once for a target, and once more when that was a day ago", async () => {
    expect(await take("Talos v1.12.0")).not.toBe(undefined);
    later(23 * hour);
    expect(await take("Talos v1.12.0")).toBe(undefined);
    later(2 * hour);
    expect(await take("Talos v1.12.0")).not.toBe(undefined);
    expect(backups().length).toBe(2);
  });

  it("are taken for every other target, however young the last one is", async () => {
    await take("Talos v1.12.0");
    later(1000);
    expect(await take("Talos v1.12.0, Kubernetes v1.35.4")).not.toBe(undefined);
    expect(backups().length).toBe(2);
  });

  it("of any target will do for who names none, as long as it is younger than a day", async () => {
    await take("Talos v1.12.0");
    later(hour);
    expect(await take()).toBe(undefined);
    later(24 * hour);
    expect(await take()).not.toBe(undefined);
  });

  it("of a kind are five, the newest ones; other kinds are left alone", async () => {
    await take("Flux v2.9.4", "objects", "flux.yaml");
    for (let index = 0; index < 7; index++) {
      later(1000);
      await take(`target ${String(index)}`, `content ${String(index)}`);
    }
    const times = ["03", "04", "05", "06", "07"].map((second) => `2026-11-23T20-15-${second}Z-etcd.db.age`);
    expect(backups()).toStrictEqual(["2026-11-23T20-15-00Z-flux.yaml.age", ...times]);
  });

  it("that were cut off are none", async () => {
    mkdirSync("backups/home", { recursive: true });
    writeFileSync("backups/home/2026-11-23T20-14-00Z-etcd.db.age.new", "half");
    expect(await take("Talos v1.12.0")).not.toBe(undefined);
  });

  it("are nothing that Git would take", () => {
    expect(existsSync(join(project, ".gitignore"))).toBeTruthy();
    const ignored = execFileSync("git", ["check-ignore", "backups/home/2026-11-23T20-15-00Z-etcd.db.age"], {
      cwd: project,
      encoding: "utf8",
    });
    expect(ignored).toMatch(/^backups\//);
  });
});
