// The versions that stack files pin, with their lines.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { isScalar, LineCounter, parseDocument } from "yaml";

/** A version that a stack file pins. */
interface Pin {
  readonly version: string;
  readonly line: number;
}

/** The versions of one stack. */
export interface StackPins {
  /** Relative to the tree, e.g. `../Pulumi.home.yaml`. */
  readonly file: string;
  readonly talos?: Pin;
  readonly kubernetes?: Pin;
  readonly cilium?: Pin;
}

/** Stack files that speak of a tree: those in the root of its repository, or else those of the project that name it. */
export function stacksOf(
  tree: string,
  repository: string | undefined,
  project: string,
): readonly StackPins[] {
  const beside = repository === undefined ? [] : stackFiles(repository);
  const files = beside.length > 0 ? beside : stackFiles(project).filter((file) => treeOf(file) === tree);
  return files.flatMap((file) => readPins(tree, file) ?? []);
}

function stackFiles(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => /^Pulumi\..+\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function treeOf(file: string): string | undefined {
  const tree: unknown = read(file)?.document.getIn(["config", "home-ops:tree"]);
  return typeof tree === "string" ? resolve(file, "..", tree) : undefined;
}

function readPins(tree: string, file: string): StackPins | undefined {
  const found = read(file);
  if (found === undefined) return undefined;
  const pins = (["talos", "kubernetes", "cilium"] as const).flatMap((name) => {
    const scalar: unknown = found.document.getIn(["config", "home-ops:versions", name], true);
    if (!isScalar(scalar) || typeof scalar.value !== "string") return [];
    const line = found.lines.linePos(scalar.range?.[0] ?? 0).line;
    return [[name, { version: scalar.value, line }] as const];
  });
  return { file: relative(tree, file), ...Object.fromEntries(pins) };
}

function read(file: string): { document: ReturnType<typeof parseDocument>; lines: LineCounter } | undefined {
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(file, "utf8"), { lineCounter: lines });
  return document.errors.length > 0 ? undefined : { document, lines };
}
