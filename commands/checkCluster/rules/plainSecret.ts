import {
  exampleSuffix,
  fieldsOf,
  listOf,
  textOf,
  valueAt,
  type FileObject,
  type Finding,
  type KustomizeFile,
} from "../../../tree/index.ts";
import { finding, listText, type Rule } from "../rule.ts";
import { isEncrypted, sopsBlock } from "../sops.ts";

/**
 * No Secret stands in clear in Git: neither one in a file without .sops. in its name, nor one that kustomize makes of
 * literals. A value that is a variable is none.
 */
export const plainSecret: Rule = {
  name: "plain-secret",
  what: "no Secret has values in clear",
  check: ({ model }) => [
    ...model.written.flatMap((object) => inSecret(object)),
    ...model.kustomizeFiles.flatMap((file) => inGenerators(file)),
  ],
};

const fix = "move it to a file named *.sops.yaml and encrypt that; change the secret if it was ever pushed";

function inSecret(object: FileObject): readonly Finding[] {
  const { data, file, document } = object;
  // Files that are named as encrypted, or half are, belong to another rule; an example says what to put in.
  if (
    data.kind !== "Secret" ||
    data.apiVersion !== "v1" ||
    /\.sops\.\w+$/.test(file) ||
    file.endsWith(exampleSuffix)
  )
    return [];
  if (sopsBlock(document.toJS()) !== undefined) return [];
  const clear = ["data", "stringData"].flatMap((field) =>
    Object.entries(fieldsOf(data[field])).flatMap(([key, value]) =>
      isClear(value) ? [[field, key] as const] : [],
    ),
  );
  const [first] = clear;
  if (first === undefined) return [];
  const names = listText(clear.map((path) => path.join(".")));
  return [finding(object, first, `Secret ${data.metadata.name} has ${names} in clear`, fix)];
}

function inGenerators(file: KustomizeFile): readonly Finding[] {
  return listOf(file.fields["secretGenerator"]).flatMap((entry, index) => {
    const literals = listOf(valueAt(entry, "literals")).flatMap((literal) => textOf(literal) ?? []);
    const clear = literals
      .filter((literal) => isClear(literal.replace(/^[^=]*=/, "")))
      .map((literal) => literal.replace(/=.*$/s, ""));
    if (clear.length === 0) return [];
    const name = textOf(fieldsOf(entry)["name"]) ?? "";
    const message = `the generated Secret ${name} has ${listText(clear)} in clear`;
    return [finding(file, ["secretGenerator", index, "literals"], message, fix)];
  });
}

function isClear(value: unknown): boolean {
  return !isEncrypted(value) && !(typeof value === "string" && value.includes("${"));
}
