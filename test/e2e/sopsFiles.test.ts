// What the program says about encrypted files, beside what the real sops says about the same ones.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { integrityOf, sopsProblem } from "../../tree/index.ts";
import { ensureTools } from "../../tools/ensureTools.ts";

const example = join(import.meta.dirname, "../../cluster/flux/vars/cluster-secrets.sops.yaml.example");

describe("an encrypted file", () => {
  let sops = "";
  let folder = "";
  let identity = "";
  beforeAll(async () => {
    sops = (await ensureTools({ keys: ["sops"] }))["sops"] ?? "";
    folder = mkdtempSync(join(tmpdir(), "home-ops-sops-"));
    identity = await generateX25519Identity();
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const runSops = (key: string, ...args: readonly string[]): { status: number | null; said: string } => {
    const { status, stderr } = spawnSync(sops, args, {
      cwd: folder,
      encoding: "utf8",
      env: { SOPS_AGE_KEY: key, SOPS_DISABLE_VERSION_CHECK: "true" },
    });
    return { status, said: stderr };
  };

  /** The example, encrypted, and then with one text in it replaced. */
  async function secret(from = "", to = "", rules = ""): Promise<{ file: string; text: string }> {
    const file = join(folder, "secret.sops.yaml");
    copyFileSync(example, file);
    const recipient = await identityToRecipient(identity);
    writeFileSync(
      join(folder, ".sops.yaml"),
      `creation_rules:\n  - encrypted_regex: ^(data|stringData)$\n    age: ${recipient}\n${rules}`,
    );
    const { status, said } = runSops(identity, "encrypt", "--in-place", file);
    assert.equal(status, 0, said);
    const before = readFileSync(file, "utf8");
    expect(before).toContain(from);
    const text = before.replace(from, to);
    writeFileSync(file, text);
    return { file, text };
  }

  it("is whole for both", async () => {
    const { file, text } = await secret();
    expect(runSops(identity, "decrypt", file).status).toBe(0);
    expect(await integrityOf(text, [identity])).toBe("whole");
  });

  it("was changed for both, and is whole again after what the message says", async () => {
    const { file, text } = await secret("Enabled", "Other");
    expect(sopsProblem(file, runSops(identity, "decrypt", file).said).what).toMatch(/MAC mismatch/);
    expect(await integrityOf(text, [identity])).toBe("changed");
    expect(runSops(identity, "--rotate", "--ignore-mac", "--in-place", file).status).toBe(0);
    expect(await integrityOf(readFileSync(file, "utf8"), [identity])).toBe("whole");
  });

  it("is whole for both where only encrypted values count", async () => {
    const { file, text } = await secret("Enabled", "Other", "    mac_only_encrypted: true\n");
    expect(runSops(identity, "decrypt", file).status).toBe(0);
    expect(await integrityOf(text, [identity])).toBe("whole");
  });

  it("is damaged for both", async () => {
    const { file, text } = await secret("SECRET_DOMAIN: ENC", "SECRET_DOMAINS: ENC");
    expect(sopsProblem(file, runSops(identity, "decrypt", file).said).what).toMatch(/damaged/);
    expect(await integrityOf(text, [identity])).toBe("damaged");
  });

  it("is locked for another key", async () => {
    const { file, text } = await secret();
    const other = await generateX25519Identity();
    expect(sopsProblem(file, runSops(other, "decrypt", file).said).what).toMatch(/another key/);
    expect(await integrityOf(text, [other])).toBe("unknown");
  });
});
