// Installs a plugin with `pulumi plugin install`, and gives up soon where the network does not let it through.
import { spawn } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Environment } from "./cache.ts";

/** A provider plugin, as Pulumi names it. */
export interface Plugin {
  readonly name: string;
  readonly version: string;
  /** Where it is downloaded from. Default: Pulumi's own server. */
  readonly server?: string;
}

/** Where and with what. */
export interface InstallPluginOptions {
  readonly pulumi: string;
  /** PULUMI_HOME that gets the plugin. */
  readonly pulumiHome: string;
  readonly env: Environment;
  /** How long it may go without a byte, in milliseconds. */
  readonly patienceMs: number;
}

/** Tries to install; whether that succeeded shows in pulumiHome. Ends soon after the last byte that comes in. */
export async function installPlugin(plugin: Plugin, options: InstallPluginOptions): Promise<void> {
  const { pulumi, pulumiHome, env, patienceMs } = options;
  // The download goes to a temporary file: with a folder of its own one sees whether anything arrives.
  const temporary = await mkdtemp(join(pulumiHome, "download-"));
  const words = ["plugin", "install", "resource", plugin.name, plugin.version];
  const child = spawn(
    pulumi,
    [...words, ...(plugin.server === undefined ? [] : ["--server", plugin.server]), "--non-interactive"],
    {
      env: { ...env, PULUMI_HOME: pulumiHome, TMPDIR: temporary, PULUMI_SKIP_UPDATE_CHECK: "true" },
      stdio: "ignore",
    },
  );
  const kill = (): void => void child.kill("SIGKILL");
  process.on("exit", kill);
  try {
    await new Promise<void>((resolve) => {
      let size = 0;
      const timer = setInterval(() => {
        const now =
          sizeOf(temporary) +
          sizeOf(join(pulumiHome, "plugins", `resource-${plugin.name}-v${plugin.version}`));
        if (now === size) kill();
        size = now;
      }, patienceMs);
      const end = (): void => {
        clearInterval(timer);
        resolve();
      };
      child.once("error", end);
      child.once("close", end);
    });
  } finally {
    process.off("exit", kill);
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Bytes of the files in a folder; 0 when there is none. */
function sizeOf(folder: string): number {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
  } catch {
    return 0;
  }
}
