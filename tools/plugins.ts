// Official provider plugins of Pulumi. The lab has stand-ins for them; where the real ones can be had, they are better.
//
// HOME_OPS_PLUGINS  (unset)   the user's own installed ones, else what `pulumi plugin install` reaches within seconds
//                   <folder>  the executables `pulumi-resource-<name>` in that folder, and no others
//                   lab       none: always the lab's stand-ins
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { cacheRoot, hashOf, type Environment } from "./cache.ts";
import { installPlugin, type Plugin } from "./pluginInstall.ts";

/** The plugins that the program uses. */
export const plugins: readonly Plugin[] = [
  { name: "talos", version: "0.8.1", server: "github://api.github.com/pulumiverse" },
  { name: "command", version: "1.2.1" },
  { name: "github", version: "6.15.0" },
  { name: "kubernetes", version: "4.25.0" },
];

/** The official plugins that there are. */
export interface OfficialPlugins {
  /** Absolute path of each one's executable, by name; what is not in it has to be stood in for. */
  readonly paths: Readonly<Record<string, string>>;
  /** A folder with links `pulumi-resource-<name>` to all of them; undefined when there are none. */
  readonly folder: string | undefined;
}

/** How to look. All have defaults. */
export interface FindPluginsOptions {
  /** The pulumi program. Without it nothing is installed. */
  readonly pulumi?: string | undefined;
  /** Default: all. */
  readonly plugins?: readonly Plugin[];
  /** Default: the environment of this process. */
  readonly env?: Environment;
  /** How long an install may go without a byte, in milliseconds. Default: 5 s. */
  readonly patienceMs?: number;
}

/** How long a vain attempt is not repeated. */
const rememberMs = 24 * 3600 * 1000;
const patienceMs = 5000;

/** Finds the official plugins. @throws Error when HOME_OPS_PLUGINS names a folder that is not there */
export async function findOfficialPlugins(options: FindPluginsOptions = {}): Promise<OfficialPlugins> {
  const { env = process.env } = options;
  const wanted = options.plugins ?? plugins;
  const setting = env["HOME_OPS_PLUGINS"] ?? "";
  if (setting === "lab") return { paths: {}, folder: undefined };
  if (setting !== "") return inFolder(resolve(setting), wanted);

  const own = ownPulumiHome(env);
  const cache = join(cacheRoot(env), "..", "plugins");
  const found = await Promise.all(
    wanted.map(async (plugin) => {
      const there = [own, cache].map((home) => pluginFile(home, plugin)).find((path) => existsSync(path));
      return [plugin.name, there ?? (await tryInstall(plugin, cache, options))] as const;
    }),
  );
  const paths = Object.fromEntries(
    found.flatMap(([name, path]) => (path === undefined ? [] : [[name, path]])),
  );
  return { paths, folder: linkAll(paths, cache) };
}

/** In a lab's shell PULUMI_HOME is the lab's, where stand-ins lie under the official names. */
function ownPulumiHome(env: Environment): string {
  const home = env["PULUMI_HOME"] ?? "";
  return home === "" || /\/\.lab(\/|$)/.test(home) ? join(env["HOME"] ?? homedir(), ".pulumi") : home;
}

/** Where Pulumi keeps a plugin. */
export function pluginFile(pulumiHome: string, { name, version }: Plugin): string {
  return join(pulumiHome, "plugins", `resource-${name}-v${version}`, `pulumi-resource-${name}`);
}

function inFolder(folder: string, wanted: readonly Plugin[]): OfficialPlugins {
  if (!existsSync(folder))
    throw new Error(
      `HOME_OPS_PLUGINS: the folder ${folder} does not exist; expected is one with official plugins such as pulumi-resource-talos, or the word lab`,
    );
  const paths: Record<string, string> = {};
  for (const { name } of wanted) {
    const path = join(folder, `pulumi-resource-${name}`);
    if (existsSync(path)) paths[name] = path;
  }
  return { paths, folder };
}

async function tryInstall(
  plugin: Plugin,
  cache: string,
  { pulumi, env = process.env, patienceMs: patience = patienceMs }: FindPluginsOptions,
): Promise<string | undefined> {
  if (pulumi === undefined) return undefined;
  const memory = join(cache, `unreachable-${plugin.name}-${plugin.version}`);
  const last = existsSync(memory) ? Number(readFileSync(memory, "utf8")) : 0;
  if (Date.now() - last < rememberMs) return undefined;
  mkdirSync(cache, { recursive: true });
  const path = pluginFile(cache, plugin);
  await installPlugin(plugin, { pulumi, pulumiHome: cache, env, patienceMs: patience });
  if (existsSync(path)) return path;
  writeFileSync(memory, String(Date.now()));
  return undefined;
}

/** One folder for all: what the lab takes. Its name says what is in it, so nobody's links are changed under them. */
function linkAll(paths: Readonly<Record<string, string>>, cache: string): string | undefined {
  const names = Object.keys(paths).sort();
  if (names.length === 0) return undefined;
  const folder = join(cache, `found-${hashOf(...names.map((name) => paths[name] ?? ""))}`);
  mkdirSync(folder, { recursive: true });
  for (const name of names) {
    const link = join(folder, `pulumi-resource-${name}`);
    if (existsSync(link)) continue;
    rmSync(link, { force: true });
    symlinkSync(paths[name] ?? "", link);
  }
  return folder;
}
