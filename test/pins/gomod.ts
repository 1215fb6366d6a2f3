// Renovate's manager `gomod`. Source: renovatebot/renovate lib/modules/manager/gomod/{extract,line-parser}.ts: one
// dependency per line; `// indirect` ones are switched off, except those that bring a `tool`.
import { type Config, filesOf, type Repository } from "./config.ts";
import type { SeenPin } from "./seen.ts";

const required =
  /^(?:require)?\s+(?<name>[^\s]+\/[^\s]+)\s+(?<version>v[^\s]+)(?:\s*\/\/\s*(?<comment>[^\s]+)\s*)?$/d;
const replaced = /^(?:replace)?\s+[^\s]+\/[^\s]+\s*=>\s*(?<name>[^\s]+)\s+(?<version>[^\s]+)(?:\s*\/\/.*)?$/d;
const language = /^\s*go\s+(?<version>[^\s]+)\s*$/d;

function ofLine(file: string, line: string, offset: number): SeenPin[] {
  const kinds: [RegExp, string][] = [
    [language, "golang"],
    [required, "require"],
    [replaced, "replace"],
  ];
  for (const [expression, kind] of kinds) {
    const match = expression.exec(line);
    const [start, end] = match?.indices?.groups?.["version"] ?? [];
    if (match === null || start === undefined || end === undefined) continue;
    const name = kind === "golang" ? "go" : (match.groups?.["name"] ?? "");
    return [
      {
        manager: "gomod",
        file,
        start: offset + start,
        end: offset + end,
        value: line.slice(start, end),
        name,
        packageName: name,
        datasource: kind === "golang" ? "golang-version" : "go",
        depType: match.groups?.["comment"] === "indirect" ? "indirect" : kind,
      },
    ];
  }
  return [];
}

/** Modules and the language version of every go.mod. */
export function goPins(repository: Repository, config: Config): SeenPin[] {
  return filesOf(repository, config, ["/(^|/)go\\.mod$/"]).flatMap((file) => {
    const text = repository.get(file) ?? "";
    const tools = [...text.matchAll(/^(?:tool)?\s+(?<tool>[\w.-]+\.[\w.-]+\/\S+)$/gm)].map(
      (match) => match.groups?.["tool"] ?? "",
    );
    let offset = 0;
    const pins = text.split("\n").flatMap((line) => {
      const found = ofLine(file, line, offset);
      offset += line.length + 1;
      return found;
    });
    return pins.map((pin) => {
      const bringsTool = tools.some((tool) => moduleOf(tool, pins)?.name === pin.name);
      return bringsTool && pin.depType === "indirect" ? { ...pin, depType: "require" } : pin;
    });
  });
}

/** The module with the longest path that a tool's package is below. */
function moduleOf(tool: string, pins: readonly SeenPin[]): SeenPin | undefined {
  return pins
    .filter(({ name }) => `${tool}/`.startsWith(`${name}/`))
    .sort((a, b) => b.name.length - a.name.length)[0];
}
