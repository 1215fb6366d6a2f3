import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import ssh2 from "ssh2";
import { makeDeployKey } from "../../src/bootstrap/steps/makeDeployKey.ts";

/** The 32 bytes of a public key line's key. */
function pointOf(line: string): Buffer {
  return Buffer.from(line.split(" ")[1] ?? "", "base64").subarray(-32);
}

describe("the deploy key's pair", () => {
  it("works every time, for a reader that has not written it", async () => {
    const probe = Buffer.from("probe");
    for (let count = 0; count < 500; count++) {
      const pair = await makeDeployKey();
      const [key, publicKey] = [ssh2.utils.parseKey(pair.privateKey), ssh2.utils.parseKey(pair.publicKey)];
      assert.ok(!(key instanceof Error) && !(publicKey instanceof Error));
      expect(publicKey.verify(probe, key.sign(probe))).toBeTruthy();
      expect(pair.publicKey).toMatch(/^ssh-ed25519 \S+$/);
    }
  });

  it("has the form of OpenSSH's private keys, padded to whole blocks", async () => {
    const { privateKey: text, publicKey: line } = await makeDeployKey();
    expect(text).toMatch(
      /^-----BEGIN OPENSSH PRIVATE KEY-----\n([\w+/=]{1,70}\n)+-----END OPENSSH PRIVATE KEY-----\n$/,
    );
    const file = Buffer.from(text.replace(/-----.*-----/g, ""), "base64");
    expect(file.subarray(0, 15).toString()).toBe("openssh-key-v1\0");
    const at = file.indexOf(pointOf(line)) + 32;
    const secret = file.subarray(at + 4);
    expect(file.readUInt32BE(at)).toBe(secret.length);
    expect(secret.length % 8).toBe(0);
    expect(secret.subarray(0, 4)).toStrictEqual(secret.subarray(4, 8));
  });

  it("is another one every time, and its halves belong together", async () => {
    const [one, other] = [await makeDeployKey(), await makeDeployKey()];
    expect(one.privateKey).not.toBe(other.privateKey);
    const file = Buffer.from(one.privateKey.replace(/-----.*-----/g, ""), "base64");
    const point = pointOf(one.publicKey);
    const seed = file.subarray(file.lastIndexOf(point) - 32, file.lastIndexOf(point));
    const jwk = { kty: "OKP", crv: "Ed25519", x: point.toString("base64url") };
    const privateKey = createPrivateKey({ key: { ...jwk, d: seed.toString("base64url") }, format: "jwk" });
    const signature = sign(null, Buffer.from("probe"), privateKey);
    const publicKey = createPublicKey({ key: jwk, format: "jwk" });
    assert.ok(verify(null, Buffer.from("probe"), publicKey, signature));
  });
});
