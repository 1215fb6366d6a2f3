// The Git tree of a rehearsal: the home's, such that a lab can run it. What is encrypted to the home's key becomes an
// example with placeholders, which the lab encrypts with its own; nothing of it is decrypted.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parse, parseAllDocuments, stringify, type Document } from "yaml";
import { isFields } from "../../src/steps/mask.ts";
import { StepError } from "../../src/steps/stepError.ts";

const fluxFile = "flux/config/flux.yaml";
const clusterFile = "flux/config/cluster.yaml";
const encrypted = ".sops.yaml";

/** The only branch that the lab's Git host is given. */
const branch = "main";

/** A text that will do wherever a home has a domain, an address or a password. */
const placeholder = "rehearsal.example";

/** Makes the tree in `folder` one for a lab: its secrets, its branch, and the version of Flux. */
export function prepareTree(folder: string, fluxVersion: string): void {
  for (const file of filesOf(folder).filter((name) => name.endsWith(encrypted)))
    replaceSecret(join(folder, file), file);
  edit(join(folder, fluxFile), "OCIRepository", ["spec", "ref", "tag"], fluxVersion);
  edit(join(folder, clusterFile), "GitRepository", ["spec", "ref", "branch"], branch);
}

/** Files that differ between two folders, or are in one of them only; relative and sorted. */
export function differingFiles(one: string, other: string): readonly string[] {
  const all = new Set([...filesOf(one), ...filesOf(other)]);
  return [...all]
    .filter((file) => {
      const [a, b] = [join(one, file), join(other, file)];
      return !existsSync(a) || !existsSync(b) || !readFileSync(a).equals(readFileSync(b));
    })
    .sort();
}

/**
 * What stands for an encrypted file: the same keys, so that everything that names one finds it, with the values of the
 * example where there is one.
 * @returns undefined when not only values are encrypted
 */
export function exampleOf(text: string, example: unknown): unknown {
  const { sops: _, ...content } = parse(text) as Readonly<Record<string, unknown>>;
  const { kind, metadata } = content as { kind?: unknown; metadata?: { name?: unknown } };
  if ([kind, metadata?.name].some((value) => typeof value === "string" && isEncrypted(value)))
    return undefined;
  return replaced(content, example, false);
}

function replaceSecret(path: string, file: string): void {
  const exampleFile = `${path}.example`;
  const example = existsSync(exampleFile) ? (parse(readFileSync(exampleFile, "utf8")) as unknown) : undefined;
  const content = exampleOf(readFileSync(path, "utf8"), example) ?? example;
  if (content === undefined)
    throw new StepError(
      `${file} is encrypted as a whole, so that nobody can say what would stand for it`,
      `put ${file}.example with placeholders beside it`,
    );
  writeFileSync(exampleFile, stringify(content));
  rmSync(path);
}

/** @param base64 whether values are those of a Secret's `data` */
function replaced(value: unknown, example: unknown, base64: boolean): unknown {
  if (typeof value === "string" && isEncrypted(value)) {
    if (typeof example === "string") return example;
    return base64 ? Buffer.from(placeholder).toString("base64") : placeholder;
  }
  if (Array.isArray(value)) return value.map((child: unknown) => replaced(child, undefined, base64));
  if (typeof value !== "object" || value === null) return value;
  const examples = isFields(example) ? example : {};
  const entries = Object.entries(value).map(
    ([key, child]) => [key, replaced(child, examples[key], base64 || key === "data")] as const,
  );
  return Object.fromEntries(entries);
}

/** As sops writes an encrypted value. */
function isEncrypted(value: string): boolean {
  return value.startsWith("ENC[");
}

/** Changes one value of an object in a file; a file that has it already, or no such value, stays byte for byte. */
function edit(file: string, kind: string, path: readonly string[], value: string): void {
  const documents = parseAllDocuments(readFileSync(file, "utf8")) as Document[];
  const document = documents.find((candidate) => candidate.get("kind") === kind);
  if (document?.getIn(path) === undefined || document.getIn(path) === value) return;
  document.setIn(path, value);
  writeFileSync(file, documents.map((each) => each.toString({ lineWidth: 0 })).join(""));
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}
