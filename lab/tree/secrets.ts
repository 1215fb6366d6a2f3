// The tree's secrets, encrypted with the lab's key from the examples that the project ships. Nothing of them is ever
// written in clear.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import { runProgram } from "./program.ts";

/** What encrypting needs. */
export interface SopsOptions {
  /** Path of sops. */
  readonly sops: string;
  readonly ageKeyFile: string;
  /** The key's public half. */
  readonly recipient: string;
}

/** Only what is secret: the rest must stay readable for Flux, kustomize and people. */
export const encryptedRegex = "^(data|stringData)$";

/** Encrypts `example` as `file`, unless that is already its encryption to this key. */
export async function encryptExample(example: string, file: string, options: SopsOptions): Promise<void> {
  const clear = readFileSync(example, "utf8");
  if (existsSync(file) && (await saysTheSame(clear, file, options))) return;
  const { sops, recipient } = options;
  const args = [
    "encrypt",
    "--age",
    recipient,
    "--encrypted-regex",
    encryptedRegex,
    "--filename-override",
    file,
  ];
  const encrypted = await runProgram(sops, [...args, "--input-type", "yaml", "--output-type", "yaml"], {
    cwd: "/",
    env: environment(options),
    input: clear,
  });
  writeFileSync(file, encrypted);
}

async function saysTheSame(clear: string, file: string, options: SopsOptions): Promise<boolean> {
  const text = readFileSync(file, "utf8");
  const { sops } = parse(text) as { sops?: { age?: readonly { recipient?: string }[] } };
  if (sops?.age?.[0]?.recipient !== options.recipient) return false;
  const decrypted = await runProgram(options.sops, ["decrypt", file], {
    cwd: "/",
    env: environment(options),
  });
  return isDeepStrictEqual(parse(decrypted), parse(clear));
}

function environment({ ageKeyFile }: SopsOptions): Record<string, string> {
  return { SOPS_AGE_KEY_FILE: ageKeyFile, SOPS_DISABLE_VERSION_CHECK: "true" };
}
