// Encrypted files of the tree: who can open them, and which are missing.
import type { TreeModel } from "./model/treeModel.ts";

/** An encrypted file. */
export interface SopsFile {
  /** e.g. `flux/vars/cluster-secrets.sops.yaml`. */
  readonly path: string;
  /** age recipients, e.g. `["age1…"]`; empty when it is not encrypted, or not to age. */
  readonly recipients: readonly string[];
}

/** How encrypted files are named, and examples of them. */
const sopsSuffix = ".sops.yaml";
const example = ".example";

/** All `*.sops.yaml` files. */
export function findSopsFiles({ files }: TreeModel): readonly SopsFile[] {
  return files
    .files()
    .filter((file) => file.endsWith(sopsSuffix))
    .map((path) => ({ path, recipients: recipientsOf(files.yaml(path)?.documents[0]?.toJS()) }));
}

/** Files of which only `<file>.example` is there. */
export function findMissingSecrets({ files }: TreeModel): readonly string[] {
  return files
    .files()
    .filter((file) => file.endsWith(`${sopsSuffix}${example}`))
    .map((file) => file.slice(0, -example.length))
    .filter((file) => files.kindOf(file) === undefined);
}

function recipientsOf(content: unknown): readonly string[] {
  const { sops } = (content ?? {}) as { sops?: { age?: readonly { recipient?: string }[] | null } };
  return (sops?.age ?? []).flatMap(({ recipient }) => recipient ?? []);
}
