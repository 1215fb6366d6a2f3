// Whether encrypted files are as sops left them. Flux does not look at that (it would take every change), sops itself refuses
// such a file: at the first `up`, when machines and Cilium are there already, and at the next `sops edit`.
// Source: getsops/sops v3.11 sops.go (Tree.Decrypt), aes/cipher.go, age/keysource.go.
import { createDecipheriv, createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { armor, Decrypter } from "age-encryption";
import { isAlias, isMap, isScalar, isSeq, type Document } from "yaml";
import { parseAsGo } from "./model/goYaml.ts";
import { fieldsOf, listOf, textOf, type Fields } from "./model/values.ts";
import type { Tree } from "./readTree.ts";
import { sopsProblem, type SopsProblem } from "./sopsProblem.ts";

/**
 * `changed`: something else stands there than sops has left; `damaged`: a value does not decrypt; `unknown`: no age key of ours, or a form that is not looked at here (several documents, aliases, dates,
 * shared keys).
 */
export type Integrity = "whole" | "changed" | "damaged" | "unknown";

/** A file that was changed without sops. */
export interface ChangedFile extends SopsProblem {
  /** Relative to the tree, e.g. `flux/vars/cluster-secrets.sops.yaml`. */
  readonly path: string;
  /** Whether the program itself decrypts it. */
  readonly isNeeded: boolean;
}

/** All such files of a tree. @param identities age keys; secret */
export async function checkIntegrity(
  identities: readonly string[],
  { path: root, sopsFiles, clusterSecretsFile }: Pick<Tree, "path" | "sopsFiles" | "clusterSecretsFile">,
): Promise<readonly ChangedFile[]> {
  const looks = sopsFiles.map(async ({ path }): Promise<readonly ChangedFile[]> => {
    const file = join(root, path);
    if (!existsSync(file)) return [];
    const integrity = await integrityOf(readFileSync(file, "utf8"), identities);
    if (integrity !== "changed" && integrity !== "damaged") return [];
    const problem = sopsProblem(path, integrity === "changed" ? "MAC mismatch" : "AES_GCM");
    return [{ path, ...problem, isNeeded: file === clusterSecretsFile }];
  });
  return (await Promise.all(looks)).flat();
}

/** What sops begins with where only encrypted values count. Source: sops.go, MACOnlyEncryptedInitialization. */
const onlyEncryptedStart = "8a3fd2ad54ce66527b1034f3d147be0b0b975b3bf44f72c6fdadec8176f27d69";

/** e.g. `ENC[AES256_GCM,data:…,iv:…,tag:…,type:str]` */
const encrypted = /^ENC\[AES256_GCM,data:(.+),iv:(.+),tag:(.+),type:(\w+)\]$/;

/**
 * Looks at one file.
 * @param text of the file
 * @param identities age keys, `AGE-SECRET-KEY-1…`; secret
 */
export async function integrityOf(text: string, identities: readonly string[]): Promise<Integrity> {
  const documents = parseAsGo(text, "kustomize");
  const [document] = documents;
  if (document === undefined || documents.length > 1 || document.errors.length > 0) return "unknown";
  const block = fieldsOf(fieldsOf(document.toJS())["sops"]);
  const dataKey = await dataKeyOf(block, identities);
  const said = textOf(block["mac"]);
  if (dataKey === undefined || said === undefined) return "unknown";
  try {
    const mac = decrypted(said, dataKey, textOf(block["lastmodified"]) ?? "");
    const found = hashOf(document, dataKey, block["mac_only_encrypted"] === true);
    return found === undefined ? "unknown" : mac.toString() === found ? "whole" : "changed";
  } catch {
    return "damaged";
  }
}

/** The key of all values, which every recipient finds encrypted to himself. */
async function dataKeyOf(block: Fields, identities: readonly string[]): Promise<Buffer | undefined> {
  if (listOf(block["key_groups"]).length > 0) return undefined;
  for (const entry of listOf(block["age"])) {
    const decrypter = new Decrypter();
    for (const identity of identities) decrypter.addIdentity(identity);
    try {
      return Buffer.from(await decrypter.decrypt(armor.decode(textOf(fieldsOf(entry)["enc"]) ?? "")));
    } catch {
      // Somebody else's.
    }
  }
  return undefined;
}

/** Undefined where a value could be written in more than one way. */
function hashOf(document: Document, dataKey: Buffer, onlyEncrypted: boolean): string | undefined {
  const hash = createHash("sha512");
  if (onlyEncrypted) hash.update(Buffer.from(onlyEncryptedStart, "hex"));
  let isKnown = true;
  const walk = (node: unknown, path: readonly string[]): void => {
    if (isMap(node)) {
      for (const { key, value } of node.items) {
        const name = isScalar(key) ? String(key.value) : "";
        if (path.length > 0 || name !== "sops") walk(value, [...path, name]);
      }
    } else if (isSeq(node)) for (const item of node.items) walk(item, path);
    else if (isAlias(node)) isKnown = false;
    else if (isScalar(node)) {
      const { value } = node;
      if (typeof value === "string" && encrypted.test(value))
        hash.update(decrypted(value, dataKey, [...path, ""].join(":")));
      else if (!onlyEncrypted) {
        const clear = clearText(node.value, node.source);
        if (clear === undefined) isKnown = false;
        else hash.update(clear);
      }
    }
  };
  walk(document.contents, []);
  return isKnown ? hash.digest("hex").toUpperCase() : undefined;
}

/** A value in clear as sops counts it; nothing counts for nothing. */
function clearText(value: unknown, source: string | undefined): string | undefined {
  if (value === null) return "";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number")
    return Number.isSafeInteger(value) || /^-?\d+\.\d+$/.test(source ?? "") ? String(value) : undefined;
  // A date is another value for sops than for kustomize.
  return typeof value === "string" && !/^\d{4}-\d{1,2}-\d/.test(value) ? value : undefined;
}

/** @throws Error when it is damaged */
function decrypted(value: string, key: Buffer, additional: string): Buffer {
  const [, data = "", iv = "", tag = ""] = encrypted.exec(value) ?? [];
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(iv, "base64"));
  decipher.setAuthTag(Buffer.from(tag, "base64"));
  decipher.setAAD(Buffer.from(additional));
  return Buffer.concat([decipher.update(Buffer.from(data, "base64")), decipher.final()]);
}
