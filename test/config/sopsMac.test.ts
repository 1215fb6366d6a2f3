// Files as sops encrypts them. That the real sops agrees is tried where programs are built: test/e2e/sopsFiles.test.ts.
import assert from "node:assert/strict";
import { createCipheriv, createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { before, describe, it } from "node:test";
import { armor, Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { stringify } from "yaml";
import { problemText } from "../../src/config/problem.ts";
import { checkIntegrity, integrityOf } from "../../src/config/sopsMac.ts";

const lastmodified = "2026-11-28T13:52:55Z";

function encrypted(value: string, key: Buffer, additional: string): string {
  const iv = randomBytes(32);
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  cipher.setAAD(Buffer.from(additional));
  const data = Buffer.concat([cipher.update(value), cipher.final()]);
  const [text, start, tag] = [data, iv, cipher.getAuthTag()].map((part) => part.toString("base64"));
  return `ENC[AES256_GCM,data:${text ?? ""},iv:${start ?? ""},tag:${tag ?? ""},type:str]`;
}

/** A Secret with one value, as sops writes it. */
async function secretFile(recipient: string): Promise<string> {
  const key = randomBytes(32);
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const enc = armor.encode(await encrypter.encrypt(new Uint8Array(key)));
  const mac = createHash("sha512")
    .update("Secret")
    .update("644")
    .update("True")
    .update("hello")
    .digest("hex");
  return stringify({
    kind: "Secret",
    metadata: { size: 644, isThere: true, nothing: null },
    stringData: { A: encrypted("hello", key, "stringData:A:") },
    sops: {
      age: [{ recipient, enc }],
      lastmodified,
      mac: encrypted(mac.toUpperCase(), key, lastmodified),
    },
  });
}

describe("an encrypted file", () => {
  let identity = "";
  let text = "";
  before(async () => {
    identity = await generateX25519Identity();
    text = await secretFile(await identityToRecipient(identity));
  });

  const look = async (changed: string): Promise<string> => integrityOf(changed, [identity]);

  it("is whole as sops has left it, whatever its comments and order of recipients say", async () => {
    assert.equal(await look(text), "whole");
    assert.equal(await look(`# a comment\n${text}`), "whole");
  });

  it("was changed when a value in clear, or what is encrypted, is another one", async () => {
    assert.equal(await look(text.replace("size: 644", "size: 645")), "changed");
    assert.equal(await look(text.replace("isThere: true", "isThere: false")), "changed");
    assert.equal(await look(text.replace("kind: Secret", "kind: Secret\nmore: x")), "changed");
    assert.equal(await look(text.replace(/A: (.|\n)*?type:str\]"?/, "A: in clear")), "changed");
  });

  it("is damaged when a value has moved to another key", async () => {
    assert.equal(await look(text.replace("  A: ", "  B: ")), "damaged");
  });

  it("is not judged without its key, or in a form that may be read in more ways", async () => {
    assert.equal(await integrityOf(text, [await generateX25519Identity()]), "unknown");
    assert.equal(await look(text.replace("size: 644", "size: 2026-11-28")), "unknown");
    assert.equal(await look("a: b\n"), "unknown");
    assert.equal(await look(`${text}---\na: b\n`), "unknown");
    assert.equal(await look("a: b\n: c"), "unknown");
  });

  it("is named with what to do, and whether the first up needs it", async () => {
    const root = mkdtempSync(join(tmpdir(), "home-ops-sops-"));
    try {
      const paths = ["flux/vars/cluster-secrets.sops.yaml", "apps/a.sops.yaml", "apps/good.sops.yaml"];
      for (const path of paths) {
        mkdirSync(dirname(join(root, path)), { recursive: true });
        writeFileSync(join(root, path), path.includes("good") ? text : text.replace("size: 644", "size: 1"));
      }
      const sopsFiles = [...paths, "apps/gone.sops.yaml"].map((path) => ({ path, recipients: [] }));
      const clusterSecretsFile = join(root, paths[0] ?? "");
      const found = await checkIntegrity([identity], { path: root, sopsFiles, clusterSecretsFile });
      assert.deepEqual(
        found.map(({ problem, isNeeded }) => [problem.path, isNeeded]),
        [
          [paths[0], true],
          [paths[1], false],
        ],
      );
      assert.ok(found[0]);
      assert.match(problemText(found[0].problem), /MAC mismatch.* → take the change back.*sops --rotate/);
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
