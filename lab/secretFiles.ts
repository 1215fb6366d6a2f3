// The lab's own secrets: random texts, one file each, made once.
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LabLayout } from "./layout.ts";

/** Names of the secrets: Pulumi's passphrase, the GitHub token, what the supervisor's control API asks for. */
export type SecretName = "passphrase" | "github-token" | "control-token";

/** Path of a secret's file (0600). */
export function secretFile(layout: LabLayout, name: SecretName): string {
  return join(layout.secrets, name);
}

/** Reads a secret; makes it the first time. */
export function secret(layout: LabLayout, name: SecretName): string {
  const file = secretFile(layout, name);
  if (!existsSync(file)) {
    mkdirSync(layout.secrets, { recursive: true, mode: 0o700 });
    // GitHub's fine-grained tokens begin like this; programs that look for leaked tokens know them by it.
    const prefix = name === "github-token" ? "github_pat_" : "";
    writeFileSync(file, prefix + randomBytes(24).toString("hex"), { mode: 0o600 });
  }
  return readFileSync(file, "utf8");
}
