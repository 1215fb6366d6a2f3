// What sops has encrypted in a document, and what it should have.
// Source: getsops/sops v3.11 sops.go (Tree.Encrypt, shouldBeEncrypted) and stores/.
import { fieldsOf, textOf, type Fields } from "../../tree/index.ts";

/** A value in a document, with the keys that lead to it. */
export interface Leaf {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}

/** Where sops keeps who can decrypt. */
const recipientLists = ["age", "pgp", "kms", "gcp_kms", "azure_kv", "hc_vault", "hckms", "key_groups"];

/** The block that sops adds to what it has encrypted; undefined where there is none. */
export function sopsBlock(document: unknown): Fields | undefined {
  const block = fieldsOf(document)["sops"];
  const fields = fieldsOf(block);
  // `sops` may be a key of somebody else's.
  const isSops = ["mac", "lastmodified", "version", ...recipientLists].some((key) => key in fields);
  return isSops ? fields : undefined;
}

/** Whether anybody can decrypt. */
export function hasRecipients(block: Fields): boolean {
  return recipientLists.some((key) => Array.isArray(block[key]) && block[key].length > 0);
}

/** Values that the block says are encrypted, and of them those that are not. */
export function encryptedLeaves(
  document: unknown,
  block: Fields,
): { readonly meant: readonly Leaf[]; readonly clear: readonly Leaf[] } {
  const { sops: _, ...content } = fieldsOf(document);
  const meant = leavesOf(content, []).filter(({ path }) => isMeant(path, block));
  return { meant, clear: meant.filter(({ value }) => !isEncrypted(value)) };
}

/** Whether sops has encrypted a value. Nothing and an empty text it leaves as they are. */
export function isEncrypted(value: unknown): boolean {
  return value === null || value === "" || (typeof value === "string" && value.startsWith("ENC["));
}

/** All values below one that hold something. */
function leavesOf(value: unknown, path: readonly (string | number)[]): readonly Leaf[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => leavesOf(item, [...path, index]));
  if (typeof value === "object" && value !== null)
    return Object.entries(value).flatMap(([key, item]) => leavesOf(item, [...path, key]));
  return [{ path, value }];
}

function isMeant(path: readonly (string | number)[], block: Fields): boolean {
  const keys = path.filter((key) => typeof key === "string");
  const matches = (field: string): boolean | undefined => {
    const pattern = textOf(block[field]);
    if (pattern === undefined) return undefined;
    if (field.endsWith("suffix")) return keys.some((key) => key.endsWith(pattern));
    try {
      const regex = new RegExp(pattern);
      return keys.some((key) => regex.test(key));
    } catch {
      // Go knows patterns that JavaScript does not: better to say nothing.
      return field.startsWith("unencrypted");
    }
  };
  const left = matches("unencrypted_suffix") === true || matches("unencrypted_regex") === true;
  return !left && (matches("encrypted_suffix") ?? true) && (matches("encrypted_regex") ?? true);
}
