// renovate.json5, read as Renovate reads it, and its way of choosing files and rules.
import { matchesGlob } from "node:path";
import JSON5 from "json5";

/** A manager of our own: regular expressions. */
export interface CustomManager {
  readonly managerFilePatterns: readonly string[];
  readonly matchStrings: readonly string[];
  readonly matchStringsStrategy?: "any" | "recursive";
  readonly datasourceTemplate?: string;
  readonly depNameTemplate?: string;
  readonly packageNameTemplate?: string;
  readonly registryUrlTemplate?: string;
}

/** A rule: conditions that begin with `match`, and settings. */
export type PackageRule = Readonly<Record<string, unknown>>;

/** What these tests look at. */
export interface Config {
  readonly enabledManagers: readonly string[];
  readonly ignorePaths: readonly string[];
  readonly flux: { readonly managerFilePatterns: readonly string[] };
  readonly kubernetes: { readonly managerFilePatterns: readonly string[] };
  readonly customManagers: readonly CustomManager[];
  readonly packageRules: readonly PackageRule[];
  readonly [setting: string]: unknown;
}

/** Tracked files by path, e.g. `cluster/flux/apps.yaml`. */
export type Repository = ReadonlyMap<string, string>;

/** The configuration of a repository. */
export function configOf(repository: Repository): Config {
  return JSON5.parse<Config>(repository.get("renovate.json5") ?? "");
}

/** Whether one of these patterns, globs or `/regular expressions/`, is about a text. A leading `!` takes out. */
export function matches(patterns: readonly string[], text: string): boolean {
  const one = (pattern: string): boolean => {
    const [, expression, flags = ""] = /^\/(.*)\/(i?)$/.exec(pattern) ?? [];
    return expression === undefined ? matchesGlob(text, pattern) : new RegExp(expression, flags).test(text);
  };
  const wanted = patterns.filter((pattern) => !pattern.startsWith("!"));
  const refused = patterns.filter((pattern) => pattern.startsWith("!")).map((pattern) => pattern.slice(1));
  return (wanted.length === 0 || wanted.some(one)) && !refused.some(one);
}

/** The files that patterns of a manager choose; `ignorePaths` are never among them. */
export function filesOf(repository: Repository, config: Config, patterns: readonly string[]): string[] {
  return [...repository.keys()].filter(
    (file) => matches(patterns, file) && !config.ignorePaths.some((ignored) => matchesGlob(file, ignored)),
  );
}
