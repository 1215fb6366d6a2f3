// The key pair of Flux's deploy key. A key made by a run that was killed is forgotten, never half used.
import ssh2 from "ssh2";
import type { ResultOf } from "../steps/contract.ts";
import type { makeDeployKey as contract } from "./steps/contracts.ts";

/** A key pair in OpenSSH's formats. */
export interface KeyPair {
  /** PEM; secret. */
  readonly private: string;
  /** One line without a comment, e.g. `ssh-ed25519 AAAA…`: GitHub drops comments, and a later run would see another key. */
  readonly public: string;
}

const mostAttempts = 20;

/** The body of its step. Its output is a secret: it is logged nowhere and kept encrypted in the state. */
export async function makeDeployKey(): Promise<ResultOf<typeof contract>> {
  const pair = makeKeyPair();
  return { privateKey: pair.private, publicKey: pair.public };
}

/**
 * Makes an ed25519 key pair that works. The library writes about one in 200 in a form that neither it nor GitHub takes (a
 * part of the key that begins with a zero byte loses it), so each is tried out before it is used.
 * @throws Error when no attempt gives one
 */
export function makeKeyPair(
  generate: () => KeyPair = () => ssh2.utils.generateKeyPairSync("ed25519"),
): KeyPair {
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const pair = generate();
    if (works(pair)) return { private: pair.private, public: pair.public.trim() };
  }
  throw new Error("could not make an ed25519 key");
}

function works(pair: KeyPair): boolean {
  const [key, publicKey] = [ssh2.utils.parseKey(pair.private), ssh2.utils.parseKey(pair.public)];
  if (key instanceof Error || publicKey instanceof Error) return false;
  const probe = Buffer.from("probe");
  // An Error where it cannot, whatever its types say.
  const verified: unknown = publicKey.verify(probe, key.sign(probe));
  return verified === true;
}
