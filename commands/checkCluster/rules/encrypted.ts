import type { Document } from "yaml";
import {
  lineOf,
  textOf,
  type FieldPath,
  type Finding,
  type TreeModel,
  type YamlFile,
} from "../../../tree/index.ts";
import { listText, type Rule } from "../rule.ts";
import { encryptedLeaves, hasRecipients, sopsBlock, type Leaf } from "../sops.ts";

/**
 * Files that are named as encrypted are: a sops block with recipients and a mac, and every value that it speaks of is
 * ENC[…]. A rule in .sops.yaml whose encrypted_regex matches none of a file's keys leaves everything in clear, block and
 * all.
 * Source: getsops/sops v3.11; Flux does not check the mac, so nobody else finds this out.
 */
export const encrypted: Rule = {
  name: "encrypted",
  what: "files named *.sops.* and files with a sops block are encrypted, value by value",
  check: ({ model }) =>
    model.onDisk.files.files().flatMap((path) => {
      if (path.endsWith(".example")) return [];
      const isNamed = /\.sops\.\w+$/.test(path);
      if (/\.ya?ml$/.test(path) || (isNamed && path.endsWith(".json")))
        return inYaml(model.onDisk, path, isNamed);
      return isNamed ? inOther(model.onDisk, path) : [];
    }),
};

function inYaml({ files, unreadable }: TreeModel, path: string, isNamed: boolean): readonly Finding[] {
  const yaml = files.yaml(path);
  if (unreadable.some(({ file }) => file === path)) return [];
  if (yaml === undefined || (!isNamed && !/^sops:/m.test(yaml.text))) return [];
  return yaml.documents.flatMap((document) =>
    document.contents === null ? [] : inDocument(yaml, document, isNamed),
  );
}

function inDocument(yaml: YamlFile, document: Document, isNamed: boolean): readonly Finding[] {
  const content: unknown = document.toJS();
  const block = sopsBlock(content);
  const { contents } = document;
  const found: Finding[] = [];
  const report = (path: FieldPath, message: string, fix: string): void => {
    const line = contents === null ? 1 : lineOf(yaml, document, contents, path);
    found.push({ file: yaml.path, line, message, fix });
  };
  if (block === undefined) {
    if (isNamed)
      report([], "is named as encrypted, but has no sops block: all of it stands in clear", encrypt);
    return found;
  }
  const { meant, clear } = encryptedLeaves(content, block);
  const [first] = clear;
  if (!hasRecipients(block))
    report(["sops"], "has a sops block without recipients: nobody can decrypt it", encrypt);
  if (textOf(block["mac"]) === undefined)
    report(["sops"], "has a sops block without mac: sops has not encrypted it as a whole", encrypt);
  if (first !== undefined) report(first.path, `has a sops block, but ${valuesText(clear)} in clear`, renew);
  if (meant.length === 0)
    report(
      ["sops"],
      `has a sops block, but its ${selector(block)} matches no key: all of it stands in clear`,
      "correct the rule for it in .sops.yaml, encrypt it anew, and change the secrets: they are in Git's history",
    );
  return found;
}

const encrypt = "sops encrypt --in-place it, and change the secrets if it was ever pushed";
const renew = "decrypt and encrypt it anew with sops, and change the secrets if it was ever pushed";

function selector(block: Readonly<Record<string, unknown>>): string {
  const key =
    ["encrypted_regex", "encrypted_suffix", "unencrypted_regex"].find((name) => name in block) ?? "rule";
  return `${key} ${textOf(block[key]) ?? ""}`.trim();
}

/** Names only, never what they hold. */
function valuesText(leaves: readonly Leaf[]): string {
  const names = leaves.map(({ path }) => path.join("."));
  return `${listText(names, 3)} ${names.length === 1 ? "stands" : "stand"}`;
}

/** Sops writes its metadata into .env and .ini files as well, and makes JSON of what it does not know. */
function inOther({ files }: TreeModel, path: string): readonly Finding[] {
  const text = files.text(path);
  if (text !== undefined && text.includes("ENC[") && text.includes("sops")) return [];
  const message = "is named as encrypted, but sops has not encrypted it: all of it stands in clear";
  return [{ file: path, line: 1, message, fix: encrypt }];
}
