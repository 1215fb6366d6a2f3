// Existing secrets of a Talos cluster, to be taken over instead of making new ones.
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { problem, type Problem } from "./problem.ts";
import { isRecord } from "./walk.ts";

const configKey = "secretsFile";

/** Sections of the file. Source: siderolabs/talos pkg/machinery/config/generate/secrets, Bundle. */
const sections = ["cluster", "secrets", "trustdinfo", "certs"];

/** The problem with a secrets file; undefined when the provider can import it. Messages contain nothing of it. */
export function checkSecretsFile(file: string): Problem | undefined {
  let content: unknown;
  try {
    content = parse(readFileSync(file, "utf8"));
  } catch {
    return problem(
      configKey,
      `${file} is not there, or not a YAML file`,
      "name a file written by talosctl gen secrets, or remove the key for new secrets",
    );
  }
  const keys = isRecord(content) ? Object.keys(content) : [];
  if (keys.includes("sops"))
    return problem(
      configKey,
      `${file} is encrypted with SOPS, and the Talos provider reads it as it is`,
      `decrypt it to a file of its own (umask 077; sops decrypt ${file} > FILE) and name that one; when the first pulumi up has finished, remove the key and delete that file`,
    );
  const missing = sections.filter((section) => !keys.includes(section));
  if (missing.length === 0) return undefined;
  return problem(
    configKey,
    `${file} has no ${missing.join(", ")}: it is not a Talos secrets file`,
    "write one: talosctl gen secrets --from-controlplane-config controlplane.yaml",
  );
}

/** Said when the key is still there though the file has been read; it is then left alone, there or not. */
export const alreadyRead = `${configKey}: was read when this cluster was made and is not looked at any more: remove the key, and delete the file where it still is`;
