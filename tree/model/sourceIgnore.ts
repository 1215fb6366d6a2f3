// What Flux leaves out of what it fetches: `.sourceignore` files, `spec.ignore` of the GitRepository, and where there is neither
// some defaults. Whatever is left out is not there for Flux; in a folder without kustomization.yaml it is deleted then.
// Source: fluxcd/pkg sourceignore v0.18 (gitignore/pattern.go, matcher.go, sourceignore.go) and artifact v0.18 storage/archive.go.
// It is not quite Git's own way: of an excluded folder single files can be taken back.

/** A line that leaves something out. */
export interface IgnorePattern {
  /** As it stands there, e.g. `/apps/media`. */
  readonly text: string;
  /** File and line; undefined for a default. */
  readonly origin?: { readonly file: string; readonly line: number } | undefined;
  /** The folder in which it counts, from the repository's root. */
  readonly domain: readonly string[];
}

/** Always left out. Source: ExcludeVCS. */
const always = [".git/", ".gitignore", ".gitmodules", ".gitattributes"];

/** Left out where nobody says anything else. Source: ExcludeExt, ExcludeCI, ExcludeExtra. */
const defaults = [
  ...["*.jpg", "*.jpeg", "*.gif", "*.png", "*.wmv", "*.flv", "*.tar.gz", "*.zip"],
  ...[".github/", ".circleci/", ".travis.yml", ".gitlab-ci.yml", "appveyor.yml", ".drone.yml"],
  ...["cloudbuild.yaml", "codeship-services.yml", "codeship-steps.yml"],
  ...["**/.goreleaser.yml", "**/.sops.yaml", "**/.flux.yaml"],
];

/**
 * The patterns of a text.
 * @param file in which it stands
 * @param domain folder in which it counts, from the repository's root, e.g. `cluster/apps`; empty for the root
 * @param firstLine line of the file at which the text begins
 */
export function readPatterns(
  text: string,
  file: string,
  domain: string,
  firstLine = 1,
): readonly IgnorePattern[] {
  return text.split("\n").flatMap((line, index) => {
    const clean = line.replace(/\r$/, "");
    if (clean.startsWith("#") || clean.trim() === "") return [];
    return [{ text: clean, origin: { file, line: firstLine + index }, domain: partsOf(domain) }];
  });
}

/** What of a repository Flux leaves out. */
export class SourceIgnore {
  readonly #patterns: readonly IgnorePattern[];

  /** @param patterns of `.sourceignore` files, outer ones first, and then of spec.ignore; with none of them the defaults count */
  constructor(patterns: readonly IgnorePattern[]) {
    const own = patterns.length > 0 ? patterns : defaults.map((text) => ({ text, domain: [] }));
    this.#patterns = [...always.map((text) => ({ text, domain: [] })), ...own];
  }

  /** The pattern that leaves a path out, e.g. `cluster/apps/logo.png`; undefined when it is fetched. The last match counts. */
  by(path: string, isFolder: boolean): IgnorePattern | undefined {
    const last = this.#patterns.findLast((pattern) => matches(pattern, partsOf(path), isFolder));
    return last?.text.startsWith("!") === true ? undefined : last;
  }
}

function partsOf(path: string): readonly string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

function matches({ text, domain }: IgnorePattern, path: readonly string[], isFolder: boolean): boolean {
  if (path.length <= domain.length || domain.some((part, index) => path[index] !== part)) return false;
  const plain = text.replace(/^!/, "");
  const trimmed = plain.endsWith("\\ ") ? plain : plain.replace(/ +$/, "");
  const isForFolders = trimmed.endsWith("/");
  const pattern = (isForFolders ? trimmed.slice(0, -1) : trimmed).split("/");
  const below = path.slice(domain.length);
  return pattern.length > 1
    ? matchesPath(pattern, below, isForFolders && !isFolder)
    : matchesName(pattern[0] ?? "", below, isForFolders && !isFolder);
}

/** A name without `/` counts at every depth, and for all that is below. */
function matchesName(pattern: string, path: readonly string[], isNoFolder: boolean): boolean {
  const at = path.findIndex((name) => matchesPart(pattern, name));
  return at >= 0 && !(isNoFolder && at === path.length - 1);
}

/** A path counts from its domain on, and for all that is below. */
function matchesPath(pattern: readonly string[], path: readonly string[], isNoFolder: boolean): boolean {
  let rest = path;
  let isMatched = false;
  let mayTraverse = false;
  for (const [index, part] of pattern.entries()) {
    if (part === "") {
      mayTraverse = false;
      continue;
    }
    if (part === "**") {
      if (index === pattern.length - 1) break;
      mayTraverse = true;
      continue;
    }
    if (part.includes("**") || rest.length === 0) return false;
    const at = mayTraverse ? rest.findIndex((name) => matchesPart(part, name)) : 0;
    mayTraverse = false;
    if (at < 0) {
      isMatched = false;
      rest = [];
      continue;
    }
    if (!matchesPart(part, rest[at] ?? "")) return false;
    isMatched = true;
    rest = rest.slice(at + 1);
  }
  return isMatched && !(isNoFolder && rest.length === 0);
}

/** Source: Go's path/filepath Match: `*`, `?`, `[a-z]`, `[^a-z]`, `\` before a character. One that is malformed matches nothing. */
function matchesPart(pattern: string, name: string): boolean {
  const parts = pattern.match(/\\.|\[\^?(?:\\.|[^\]\\])+\]|[*?]|[^\\[*?]|./gs) ?? [];
  if (parts.some((part) => part === "\\" || part === "[")) return false;
  const expression = parts.map((part) => {
    if (part === "*") return "[^/]*";
    if (part === "?") return "[^/]";
    if (part.startsWith("[")) return part;
    return (part.startsWith("\\") ? part.slice(1) : part).replace(/[.+^${}()|\]/\\*?[-]/, String.raw`\$&`);
  });
  try {
    return new RegExp(`^${expression.join("")}$`, "s").test(name);
  } catch {
    return false;
  }
}
