// What makes a shell, or a test, work on a lab: a folder of wrappers to put first on PATH, and a few variables. Proxy
// variables are set by the wrappers, for the programs that need them; in the shell they would break npm, go and git.
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { kubeconfigFile, talosconfigFile } from "./access.ts";
import type { LabLayout } from "./layout.ts";
import { installPlugins, type InstalledPlugin } from "./providers/plugins.ts";
import { proxyEnvironment } from "./proxy/environment.ts";
import { secretFile } from "./secretFiles.ts";
import { ageKeyFile } from "./stack.ts";
import { tool, type Toolbox } from "../tools/toolbox.ts";

/** Version of the language host; the engine looks for it under this name. */
const languageHost = "language-nodejs-v3.55.0";

/** The GitHub token's variable, and the file it comes from. */
export function tokenVariable(layout: LabLayout): { readonly name: string; readonly file: string } {
  return { name: "GITHUB_TOKEN", file: secretFile(layout, "github-token") };
}

/** Variables for a shell, without secrets: those stay in files. */
export function shellEnvironment(layout: LabLayout): Readonly<Record<string, string>> {
  return {
    PULUMI_HOME: layout.pulumiHome,
    PULUMI_BACKEND_URL: `file://${backend(layout)}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: secretFile(layout, "passphrase"),
    PULUMI_STACK: layout.name,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    KUBECONFIG: kubeconfigFile(layout),
    TALOSCONFIG: talosconfigFile(layout),
    SOPS_AGE_KEY_FILE: ageKeyFile(layout),
    SOPS_DISABLE_VERSION_CHECK: "true",
  };
}

/** Folders to put first on PATH: the wrappers, then the project's own Node. */
export function shellPath(layout: LabLayout): readonly string[] {
  return [layout.bin, join(layout.project, "node_modules", ".bin")];
}

/** Writes the wrappers and installs the provider plugins. */
export function installEnvironment(
  layout: LabLayout,
  toolbox: Toolbox,
  replacements?: string,
): readonly InstalledPlugin[] {
  const node = process.execPath;
  rmSync(layout.bin, { recursive: true, force: true });
  for (const folder of [layout.bin, layout.pulumiHome, backend(layout)])
    mkdirSync(folder, { recursive: true, mode: 0o700 });

  const internet = proxyEnvironment(layout);
  const wrap = (
    name: string,
    variables: Readonly<Record<string, string>>,
    command: readonly string[],
    extra = "",
  ): void => {
    const exports = Object.entries(variables).map(([key, value]) => `export ${key}=${quote(value)}`);
    const file = join(layout.bin, name);
    writeFileSync(
      file,
      ["#!/bin/sh", ...exports, extra, `exec ${command.map(quote).join(" ")} "$@"`, ""].join("\n"),
    );
    chmodSync(file, 0o755);
  };
  const own = shellEnvironment(layout);
  const path = `export PATH=${quote(shellPath(layout).join(":"))}:"$PATH"`;
  wrap(
    "pulumi",
    { ...own, ...internet },
    [node, join(import.meta.dirname, "launch.ts"), tool(toolbox, "pulumi")],
    path,
  );
  wrap("talosctl", { TALOSCONFIG: own["TALOSCONFIG"] ?? "" }, [tool(toolbox, "talosctl")]);
  wrap("kubectl", { KUBECONFIG: own["KUBECONFIG"] ?? "" }, [tool(toolbox, "kubectl")]);
  wrap("sops", {}, [tool(toolbox, "sops")]);
  symlinkSync(node, join(layout.bin, "node"));
  placeLanguageHost(layout, tool(toolbox, "pulumi-language-nodejs"));
  return installPlugins({ pulumiHome: layout.pulumiHome, node, toolbox, replacements });
}

function backend(layout: LabLayout): string {
  return join(layout.state, "pulumi");
}

/** Among the plugins, not on PATH: an engine that finds it there warns in every run. */
function placeLanguageHost(layout: LabLayout, program: string): void {
  const folder = join(layout.pulumiHome, "plugins", languageHost);
  mkdirSync(folder, { recursive: true });
  const link = join(folder, "pulumi-language-nodejs");
  rmSync(link, { force: true });
  symlinkSync(program, link);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
