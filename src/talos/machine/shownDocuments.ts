// Machine configs without their secrets, as the program and `npm run plan` both make them: so they can be compared.
import { parseAllDocuments } from "yaml";
import type { Masker } from "../../steps/mask.ts";

/** File with a machine's documents, in the folder of the config, as JSON: first those of the base, then the patches. */
export function shownConfigFile(machine: string): string {
  return `${machine}.config.json`;
}

/** The documents of a machine config, its keys and tokens hidden there and remembered. */
export function shownBase(config: string, masker: Masker): readonly unknown[] {
  const documents = parseAllDocuments(config)
    .map((document) => document.toJS() as unknown)
    .filter((document) => document !== null);
  masker.learnNamed(documents);
  return documents.map((document) => masker.hide(document));
}
