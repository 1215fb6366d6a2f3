import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { checkRecipients, readAgeKey, recipientsOf, type AgeKeyFile } from "../../src/config/ageKey.ts";

const folder = mkdtempSync(join(tmpdir(), "home-ops-age-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const [oldKey, newKey] = await Promise.all([generateX25519Identity(), generateX25519Identity()]);
const [oldRecipient, newRecipient] = await Promise.all(
  [oldKey, newKey].map((key) => identityToRecipient(key)),
);

async function read(content: string, mode = 0o600): Promise<AgeKeyFile> {
  const file = join(folder, "age.txt");
  writeFileSync(file, content);
  chmodSync(file, mode);
  const key = await readAgeKey(file);
  assert.ok("identities" in key, JSON.stringify(key));
  return key;
}

describe("age key file", () => {
  it("may hold comments and several keys, as while they are exchanged", async () => {
    const key = await read(
      `# created: today\n# public key: ${String(oldRecipient)}\n${oldKey}\r\n\n${newKey}\n`,
    );
    expect(key.recipients).toStrictEqual([oldRecipient, newRecipient]);
    expect(key.identities).toStrictEqual([oldKey, newKey]);
    const files = [{ path: "a.sops.yaml", recipients: [String(newRecipient)] }];
    expect(checkRecipients(key, files)).toBe(undefined);
    expect(recipientsOf(key, files)).toStrictEqual([newRecipient]);
  });

  it("is one of several that backups are encrypted to", async () => {
    const key = await read(oldKey);
    const [one, other] = [String(oldRecipient), String(newRecipient)];
    const files = [
      [one, other, "age1yubikey1qother"],
      [other, one],
      [one, other],
    ].map((recipients, index) => ({
      path: `${String(index)}.sops.yaml`,
      recipients,
    }));
    expect(recipientsOf(key, files)).toStrictEqual([one, other]);
    expect(recipientsOf(key, [])).toStrictEqual([one]);
  });

  it("is right when a file has another recipient beside its own", async () => {
    const key = await read(oldKey);
    expect(checkRecipients(key, [{ path: "a", recipients: ["age1other", String(oldRecipient)] }])).toBe(
      undefined,
    );
  });

  it("names the one file that it does not open", async () => {
    const key = await read(oldKey);
    const problem = checkRecipients(key, [
      { path: "a.sops.yaml", recipients: [String(oldRecipient)] },
      { path: "b.sops.yaml", recipients: ["age1other"] },
    ]);
    expect(problem?.message ?? "").toMatch(/but b\.sops\.yaml can only be read with the key of age1other/);
  });

  it("is warned about when others can read it", async () => {
    expect((await read(oldKey, 0o600)).warnings).toStrictEqual([]);
    expect((await read(oldKey, 0o644)).warnings[0] ?? "").toMatch(/can be read by other users .*chmod 600/);
  });

  it("is refused when it is a folder", async () => {
    const key = await readAgeKey(folder);
    assert.ok("todo" in key);
    expect(key.message).toMatch(/cannot be read \(EISDIR\)/);
  });
});
