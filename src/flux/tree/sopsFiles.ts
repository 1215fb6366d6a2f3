// Encrypted files of the tree: who can open them, and which are missing.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { listFiles, readYaml } from "./yamlFiles.ts";

/** An encrypted file. */
export interface SopsFile {
  /** e.g. `flux/vars/cluster-secrets.sops.yaml`. */
  readonly path: string;
  /** age recipients, e.g. `["age1…"]`; empty when it is not encrypted, or not to age. */
  readonly recipients: readonly string[];
}

const suffix = ".sops.yaml";
const example = ".example";

/** All `*.sops.yaml` files. */
export function findSopsFiles(root: string): readonly SopsFile[] {
  return listFiles(root)
    .filter((file) => file.endsWith(suffix))
    .map((path) => ({ path, recipients: recipientsOf(readYaml(root, path)) }));
}

/** Files of which only `<file>.example` is there. */
export function findMissingSecrets(root: string): readonly string[] {
  return listFiles(root)
    .filter((file) => file.endsWith(`${suffix}${example}`))
    .map((file) => file.slice(0, -example.length))
    .filter((file) => !existsSync(join(root, file)));
}

function recipientsOf(content: unknown): readonly string[] {
  const { sops } = (content ?? {}) as { sops?: { age?: readonly { recipient?: string }[] | null } };
  return (sops?.age ?? []).flatMap(({ recipient }) => recipient ?? []);
}
