// Makes the key pair of Flux's deploy key. Its output is a secret: it is logged nowhere and kept encrypted in the state.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import type { ResultOf } from "../../steps/contract.ts";
import type { makeDeployKey as contract } from "../contracts.ts";

/**
 * Another one with every call, ed25519, in OpenSSH's formats. Node writes private keys in PKCS #8 only, which ssh before 9.6
 * does not read for this kind, so the file is put together here. Source: openssh-portable PROTOCOL.key. The public key is a
 * line without a comment: GitHub drops comments, and a later run would see another key.
 */
export async function makeDeployKey(): Promise<ResultOf<typeof contract>> {
  const { d = "", x = "" } = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  const [seed, point] = [Buffer.from(d, "base64url"), Buffer.from(x, "base64url")];
  const publicKey = Buffer.concat([text("ssh-ed25519"), text(point)]);
  const check = randomBytes(4);
  const pair = [check, check, publicKey, text(Buffer.concat([seed, point])), text("")];
  const secret = Buffer.concat(pair);
  // Padded to whole blocks of eight by 1, 2, 3 …
  const padding = Buffer.from([1, 2, 3, 4, 5, 6, 7].slice(0, -secret.length & 7));
  const [cipher, derivation, options] = [text("none"), text("none"), text("")];
  const file = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    ...[cipher, derivation, options, number(1), text(publicKey)],
    text(Buffer.concat([secret, padding])),
  ]);
  const lines = file.toString("base64").match(/.{1,70}/g) ?? [];
  const [begin, end] = ["BEGIN", "END"].map((word) => `-----${word} OPENSSH PRIVATE KEY-----`);
  return {
    privateKey: [begin, ...lines, end, ""].join("\n"),
    publicKey: `ssh-ed25519 ${publicKey.toString("base64")}`,
  };
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** With its length before it. */
function text(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([number(bytes.length), bytes]);
}
