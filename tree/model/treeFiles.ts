// The files of a tree, each read and parsed once. Nothing here throws because of what a file holds: what is wrong with it
// is kept beside it.
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { LineCounter, type Document } from "yaml";
import { parseAsGo, type Reader } from "./goYaml.ts";
import type { IgnorePattern } from "./sourceIgnore.ts";

/** A YAML file. */
export interface YamlFile {
  /** Relative to the tree. */
  readonly path: string;
  readonly text: string;
  readonly documents: readonly Document[];
  readonly lines: LineCounter;
  /** Why it is no YAML. */
  readonly problem?: { readonly line: number; readonly text: string };
}

/** What lies at a path. */
export type EntryKind = "file" | "folder" | "link";

const nothing = (): undefined => undefined;

/** Folders that hold no manifests, whatever lies in them. */
const ignored = new Set(["node_modules"]);

const yamlName = /\.ya?ml(\.example)?$/;

/** The files of one tree. Paths are relative to it, with `/`; `../…` leads out of it. */
export class TreeFiles {
  readonly root: string;
  readonly #leftOut: (path: string, isFolder: boolean) => IgnorePattern | undefined;
  readonly #entries = new Map<string, EntryKind>();
  readonly #ignored = new Map<string, IgnorePattern>();
  readonly #texts = new Map<string, string | undefined>();
  readonly #yaml = new Map<string, YamlFile | undefined>();

  /** @param leftOut the pattern that leaves a path of the tree out of what Flux fetches; default: nothing is left out */
  constructor(
    root: string,
    leftOut: (path: string, isFolder: boolean) => IgnorePattern | undefined = nothing,
  ) {
    this.root = root;
    this.#leftOut = leftOut;
    this.#read("");
  }

  /** What lies on the disk and is not fetched by Flux, with the pattern that says so. */
  leftOut(): ReadonlyMap<string, IgnorePattern> {
    return this.#ignored;
  }

  /** Why Flux does not fetch something that is on the disk; undefined where it does, or nothing is there. */
  leftOutBy(path: string): IgnorePattern | undefined {
    const at = posix.normalize(path).replace(/\/$/, "");
    const known = this.#ignored.get(at);
    if (known !== undefined) return known;
    const kind = at.startsWith("..") ? this.#outside(at) : undefined;
    return kind === undefined ? undefined : this.#leftOut(at, kind === "folder");
  }

  /** Every file, sorted. */
  files(): readonly string[] {
    return [...this.#entries].flatMap(([path, kind]) => (kind === "file" ? [path] : [])).sort();
  }

  /** Every folder, sorted. */
  folders(): readonly string[] {
    return [...this.#entries].flatMap(([path, kind]) => (kind === "folder" ? [path] : [])).sort();
  }

  /** Files that are meant as YAML, examples of encrypted ones among them; templates of Helm charts are none. */
  yamlPaths(): readonly string[] {
    return this.files().filter((path) => yamlName.test(path) && !this.#isChartTemplate(path));
  }

  /** What lies at a path; Flux leaves symbolic links out, so they are neither file nor folder. */
  kindOf(path: string): EntryKind | undefined {
    const at = posix.normalize(path).replace(/\/$/, "");
    if (at === "." || at === "") return "folder";
    if (!at.startsWith("..")) return this.#entries.get(at);
    const kind = this.#outside(at);
    return kind !== undefined && this.#leftOut(at, kind === "folder") === undefined ? kind : undefined;
  }

  /** The names in a folder. */
  namesIn(folder: string): readonly string[] {
    try {
      return readdirSync(join(this.root, folder)).sort();
    } catch {
      return [];
    }
  }

  /** A file's text; undefined when it is not there or not UTF-8. */
  text(path: string): string | undefined {
    if (!this.#texts.has(path)) this.#texts.set(path, decode(join(this.root, path)));
    return this.#texts.get(path);
  }

  /** A file as YAML, as kustomize reads it; undefined when it is not there. */
  yaml(path: string): YamlFile | undefined {
    if (!this.#yaml.has(path)) this.#yaml.set(path, this.#parsed(path, "kustomize"));
    return this.#yaml.get(path);
  }

  /** A file with the values of a chart, as Helm reads it; undefined when it is not there. */
  values(path: string): YamlFile | undefined {
    return this.#parsed(path, "helm");
  }

  #parsed(path: string, reader: Reader): YamlFile | undefined {
    return this.kindOf(path) === "file" ? parseYaml(path, this.text(path), reader) : undefined;
  }

  #outside(path: string): EntryKind | undefined {
    try {
      const stat = lstatSync(join(this.root, path));
      return stat.isSymbolicLink() ? "link" : stat.isDirectory() ? "folder" : "file";
    } catch {
      return undefined;
    }
  }

  /** @returns whether anything is in it for Flux */
  #read(folder: string): boolean {
    let isFetched = false;
    for (const entry of readdirSync(join(this.root, folder), { withFileTypes: true })) {
      if (entry.name.startsWith(".") || ignored.has(entry.name)) continue;
      const path = posix.join(folder, entry.name);
      const kind = entry.isSymbolicLink()
        ? "link"
        : entry.isFile()
          ? "file"
          : entry.isDirectory()
            ? "folder"
            : undefined;
      if (kind === undefined) continue;
      const by = this.#leftOut(path, kind === "folder");
      // Of a folder that is left out single files may be taken back.
      const hasContent = kind === "folder" && this.#read(path);
      if (by === undefined || hasContent) {
        this.#entries.set(path, kind);
        isFetched = true;
      } else this.#ignored.set(path, by);
    }
    return isFetched;
  }

  #isChartTemplate(path: string): boolean {
    const at = path.lastIndexOf("/templates/");
    return at >= 0 && this.#entries.has(`${path.slice(0, at)}/Chart.yaml`);
  }
}

function decode(path: string): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  } catch {
    return undefined;
  }
}

function parseYaml(path: string, text: string | undefined, reader: Reader): YamlFile {
  const lines = new LineCounter();
  if (text === undefined)
    return { path, text: "", documents: [], lines, problem: { line: 1, text: "it is not UTF-8 text" } };
  try {
    const documents = parseAsGo(text, reader, lines);
    const error = documents.flatMap(({ errors }) => errors)[0];
    if (error === undefined) return { path, text, documents, lines };
    const line = error.linePos?.[0].line ?? 1;
    return { path, text, documents: [], lines, problem: { line, text: reasonOf(error.message) } };
  } catch (error) {
    return { path, text, documents: [], lines, problem: { line: 1, text: reasonOf(String(error)) } };
  }
}

/** The first line of a parser's message, without the place, which is said elsewhere. */
function reasonOf(message: string): string {
  return (message.split("\n")[0] ?? "").replace(/ at line \d+, column \d+:?$/, "").replace(/:$/, "");
}
