import assert from "node:assert/strict";
import { describe, it } from "node:test";
import ssh2 from "ssh2";
import { makeKeyPair, type KeyPair } from "../../src/bootstrap/deployKey.ts";

/** What the library makes now and then: the 32 bytes of the key, one of them missing. */
function damaged({ private: privateKey, public: publicKey }: KeyPair): KeyPair {
  const [kind = "", data = ""] = publicKey.split(" ");
  const bytes = Buffer.from(data, "base64");
  bytes.writeUInt32BE(31, bytes.length - 36);
  return { private: privateKey, public: `${kind} ${bytes.subarray(0, -1).toString("base64")}` };
}

describe("the deploy key's pair", () => {
  const generate = (): KeyPair => ssh2.utils.generateKeyPairSync("ed25519");

  it("is the first that works", () => {
    const [bad, other] = [damaged(makeKeyPair()), makeKeyPair()];
    const mixed = { private: other.private, public: makeKeyPair().public };
    const good = makeKeyPair();
    const made = [bad, mixed, good];
    assert.deepEqual(
      makeKeyPair(() => made.shift() ?? good),
      good,
    );
    assert.deepEqual(made, []);
  });

  it("works every time", () => {
    const probe = Buffer.from("probe");
    for (let count = 0; count < 500; count++) {
      const pair = makeKeyPair(generate);
      const [key, publicKey] = [ssh2.utils.parseKey(pair.private), ssh2.utils.parseKey(pair.public)];
      assert.ok(!(key instanceof Error) && !(publicKey instanceof Error));
      assert.ok(publicKey.verify(probe, key.sign(probe)));
      assert.match(pair.public, /^ssh-ed25519 \S+$/);
    }
  });

  it("is given up when none does", () => {
    const bad = damaged(makeKeyPair());
    assert.throws(() => makeKeyPair(() => bad), /could not make an ed25519 key/);
  });
});
