// Everything that a lab needs, in one call: programs, and official plugins where they can be had.
import { ensureTools, type EnsureToolsOptions } from "./ensureTools.ts";
import { findOfficialPlugins, type OfficialPlugins } from "./plugins.ts";
import { bumpTools, labTools } from "./programs.ts";
import type { Toolbox } from "./toolbox.ts";

/** What a lab runs with. */
export interface LabTools {
  readonly toolbox: Toolbox;
  /** Official plugins; the lab's stand-ins take the place of those that are not there. */
  readonly plugins: OfficialPlugins;
}

/** How much of it. */
export interface LabToolsOptions extends Omit<EnsureToolsOptions, "keys" | "find"> {
  /** Also the older versions that bumps begin at. Default false. */
  readonly bumps?: boolean;
}

/**
 * Gets the programs, building those that are missing, and looks for official plugins as soon as there is a pulumi.
 * @throws Error as ensureTools and findOfficialPlugins do
 */
export async function ensureLabTools(options: LabToolsOptions = {}): Promise<LabTools> {
  const { env = process.env, onTool, bumps = false } = options;
  let plugins: Promise<OfficialPlugins> | undefined;
  const toolbox = await ensureTools({
    ...options,
    keys: bumps ? [...labTools, ...bumpTools] : labTools,
    onTool: (key, path) => {
      if (key === "pulumi") {
        plugins = findOfficialPlugins({ pulumi: path, env });
        // It is waited for below.
        plugins.catch(() => undefined);
      }
      onTool?.(key, path);
    },
    // The provider is the longest build of all.
    find: async (key) =>
      key === "pulumi-resource-kubernetes" ? (await plugins)?.paths["kubernetes"] : undefined,
  });
  return { toolbox, plugins: (await plugins) ?? { paths: {}, folder: undefined } };
}
