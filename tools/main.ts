// Gets the lab's programs, or some of them, and says where each one is.
import { cacheRoot } from "./cache.ts";
import { ensureTools } from "./ensureTools.ts";
import { ensureLabTools } from "./labToolbox.ts";
import { groups, labTools, madeKeys } from "./programs.ts";
import { duration } from "./progress.ts";

const help = `Usage: npm run tools -- [--help] [--list] [lab | TOOL ...]

Gets the programs that a lab runs, building those that are not there, and prints where each one is.
Without names, or with "lab": all that a lab needs. They are kept in ${cacheRoot()}.

  --list   print the names of all tools and how long each one's first build takes; build nothing
  --help   print this

Environment:
  XDG_CACHE_HOME     the folder for caches, default ~/.cache
  HOME_OPS_PLUGINS   a folder with official pulumi-resource-* plugins to use, or "lab" for the lab's stand-ins only
`;

function list(): void {
  for (const group of groups)
    for (const { key, seconds } of group.programs)
      process.stdout.write(
        `${key.padEnd(34)} ${duration(seconds).padEnd(14)} ${labTools.includes(key) ? "lab" : ""}\n`,
      );
  for (const key of madeKeys) process.stdout.write(`${key.padEnd(34)} ${"".padEnd(14)} lab\n`);
}

function print(entries: Readonly<Record<string, string>>): void {
  for (const [key, path] of Object.entries(entries)) process.stdout.write(`${key.padEnd(34)} ${path}\n`);
}

async function main(words: readonly string[]): Promise<void> {
  if (words.includes("--help")) process.stdout.write(help);
  else if (words.includes("--list")) list();
  else if (words.some((word) => word.startsWith("-")))
    throw new Error(`there is no option ${words.find((word) => word.startsWith("-")) ?? ""}; see --help`);
  else if (words.length === 0 || words.includes("lab")) {
    const { toolbox, plugins } = await ensureLabTools();
    print(toolbox);
    for (const [name, path] of Object.entries(plugins.paths)) print({ [`plugin ${name}`]: path });
  } else print(await ensureTools({ keys: words }));
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
