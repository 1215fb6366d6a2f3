// Renovate's manager `custom.regex`, with the expressions of renovate.json5. Source: renovatebot/renovate
// lib/modules/manager/custom/regex/strategies.ts: `any` takes each expression over the whole file, `recursive` each over
// what the one before it found.
import { type Config, type CustomManager, filesOf, type Repository } from "./config.ts";
import type { SeenPin } from "./seen.ts";

interface Match {
  readonly groups: Readonly<Record<string, string | undefined>>;
  readonly start: number;
  readonly end: number;
}

/** All that one expression finds in a text that begins at `offset` of its file. */
function find(expression: string, text: string, offset: number): RegExpExecArray[] {
  const found = [...text.matchAll(new RegExp(expression, "dg"))];
  for (const match of found) match.index += offset;
  return found;
}

function value(match: RegExpExecArray, offset: number): Match[] {
  const [start, end] = match.indices?.groups?.["currentValue"] ?? [];
  if (start === undefined || end === undefined) return [];
  return [{ groups: match.groups ?? {}, start: start + offset, end: end + offset }];
}

function recursive(expressions: readonly string[], text: string, offset: number): Match[] {
  const [expression = "", ...rest] = expressions;
  return find(expression, text, offset).flatMap((match) =>
    rest.length === 0 ? value(match, offset) : recursive(rest, match[0], match.index),
  );
}

/** What a manager finds in a text. */
export function matchesIn(manager: CustomManager, text: string): Match[] {
  if (manager.matchStringsStrategy === "recursive") return recursive(manager.matchStrings, text, 0);
  return manager.matchStrings.flatMap((expression) =>
    find(expression, text, 0).flatMap((match) => value(match, 0)),
  );
}

function filled(template: string | undefined, groups: Match["groups"], fallback: string | undefined): string {
  return template?.replaceAll("{{{depName}}}", groups["depName"] ?? "") ?? fallback ?? "";
}

/** What all managers of our own extract. */
export function customPins(repository: Repository, config: Config): SeenPin[] {
  return config.customManagers.flatMap((manager) =>
    filesOf(repository, config, manager.managerFilePatterns).flatMap((file) => {
      const text = repository.get(file) ?? "";
      return matchesIn(manager, text).map(({ groups, start, end }): SeenPin => {
        const name = filled(manager.depNameTemplate, groups, groups["depName"]);
        return {
          manager: "custom.regex",
          file,
          start,
          end,
          value: text.slice(start, end),
          name,
          packageName: filled(manager.packageNameTemplate, groups, name),
          datasource: filled(manager.datasourceTemplate, groups, groups["datasource"]),
          registryUrl: manager.registryUrlTemplate ?? groups["registryUrl"],
        };
      });
    }),
  );
}
