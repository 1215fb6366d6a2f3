// Builds one Go program from its recipe.
import { join } from "node:path";
import { makeWhole, type Environment } from "./cache.ts";
import { runLogged } from "./goCommand.ts";
import type { Found } from "./programs.ts";

/** Words for the go command; `-trimpath` and `-buildvcs=false` make every build the same byte for byte. */
function buildWords({ group, program }: Found, output: string): readonly string[] {
  const values = (program.values ?? group.values ?? []).map((value) => ` -X ${value}`).join("");
  return [
    "build",
    "-mod=readonly",
    "-trimpath",
    "-buildvcs=false",
    ...(group.tags === undefined ? [] : ["-tags", group.tags]),
    "-ldflags",
    `-s -w${values}`,
    "-o",
    output,
    program.package,
  ];
}

/** Builds a program into its place in the cache. @throws Error naming it, with the compiler's last lines */
export async function buildProgram(
  found: Found,
  path: string,
  where: { readonly root: string; readonly recipes: string; readonly env: Environment },
): Promise<void> {
  const { group, program } = found;
  await makeWhole(path, (temporary) =>
    runLogged({
      what: `building ${program.key} (recipe tools/recipes/${group.name})`,
      command: "go",
      words: buildWords(found, temporary),
      cwd: join(where.recipes, group.name),
      env: where.env,
      log: join(where.root, "logs", `${group.name}-${program.output}.log`),
    }),
  );
}
