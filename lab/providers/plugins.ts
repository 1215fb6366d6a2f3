// Puts provider plugins where the engine finds them without a network: `<PULUMI_HOME>/plugins/resource-<name>-v<version>/`.
//
// A plugin is an executable `pulumi-resource-<name>`. For a stand-in it is a small sh script that runs the stand-in's
// TypeScript with the given Node; for the Kubernetes provider one that starts the real binary with its schema. Paths in
// them are absolute, so they are written anew each time a lab starts.
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Plugins that have a stand-in, and the version whose place it takes. */
export const standInVersions = { talos: "0.8.1", command: "1.2.1", github: "6.15.0" } as const;

/** A plugin that has a stand-in. */
export type StandIn = keyof typeof standInVersions;

/** Version of the real Kubernetes provider in the toolbox. */
const kubernetesVersion = "4.25.0";

/** What to install, and where. */
export interface InstallPluginsOptions {
  /** The lab's own PULUMI_HOME. */
  readonly pulumiHome: string;
  /** Absolute path of a Node ≥ 24. */
  readonly node: string;
  /** Programs by name; `pulumi-resource-kubernetes` and `kubernetes-provider-schema` are used when they are there, `talosctl` by the Talos stand-in. */
  readonly toolbox: Readonly<Record<string, string | undefined>>;
  /** Default: all. */
  readonly standIns?: readonly StandIn[];
  /** Folder with official plugins (`pulumi-resource-talos`, …). One of that name takes the stand-in's place. */
  readonly replacements?: string | undefined;
}

/** An installed plugin. */
export interface InstalledPlugin {
  readonly name: string;
  readonly version: string;
  /** What runs: `stand-in`, or the absolute path of the real program. */
  readonly source: string;
}

/**
 * Installs the plugins. May be repeated; what was there under the same name and version is replaced.
 * @throws Error when `replacements` is not a folder
 */
export function installPlugins(options: InstallPluginsOptions): InstalledPlugin[] {
  const { pulumiHome, node, toolbox } = options;
  const replacements = options.replacements === undefined ? undefined : resolve(options.replacements);
  if (replacements !== undefined && !existsSync(replacements))
    throw new Error(
      `plugin replacements: ${replacements} does not exist; expected a folder with official plugins such as pulumi-resource-talos`,
    );
  const installed: InstalledPlugin[] = [];
  for (const name of options.standIns ?? (Object.keys(standInVersions) as StandIn[])) {
    const version = standInVersions[name];
    const official = replacements === undefined ? undefined : join(replacements, `pulumi-resource-${name}`);
    if (official !== undefined && existsSync(official)) {
      place(pulumiHome, name, version, (path) => symlinkSync(official, path));
      installed.push({ name, version, source: official });
      continue;
    }
    const main = fileURLToPath(new URL(`./${name}/main.ts`, import.meta.url));
    place(
      pulumiHome,
      name,
      version,
      script([...environmentOf(name, toolbox), `exec ${quote(node)} ${quote(main)} "$@"`]),
    );
    installed.push({ name, version, source: "stand-in" });
  }
  const kubernetes = toolbox["pulumi-resource-kubernetes"];
  if (kubernetes !== undefined) {
    const schema = toolbox["kubernetes-provider-schema"];
    place(
      pulumiHome,
      "kubernetes",
      kubernetesVersion,
      script([
        // Without its schema the provider forgets most inputs of what it imports.
        ...(schema === undefined ? [] : [`export KUBERNETES_PROVIDER_SCHEMA=${quote(schema)}`]),
        `exec ${quote(kubernetes)} "$@"`,
      ]),
    );
    installed.push({ name: "kubernetes", version: kubernetesVersion, source: kubernetes });
  }
  return installed;
}

function environmentOf(name: StandIn, toolbox: InstallPluginsOptions["toolbox"]): string[] {
  // A Command's children inherit its environment, so nothing may be added there; the GitHub of a lab is on loopback.
  if (name !== "talos") return [];
  const talosctl = toolbox["talosctl"];
  return [
    ...(talosctl === undefined ? [] : [`export TALOSCTL=${quote(talosctl)}`]),
    // The real plugin is a Go program: it obeys HTTPS_PROXY and SSL_CERT_FILE by itself. Node has to be told.
    "export NODE_USE_ENV_PROXY=1",
    'if [ -n "$SSL_CERT_FILE" ]; then export NODE_EXTRA_CA_CERTS="$SSL_CERT_FILE"; fi',
  ];
}

function script(lines: readonly string[]): (path: string) => void {
  return (path) => {
    writeFileSync(path, ["#!/bin/sh", ...lines, ""].join("\n"));
    chmodSync(path, 0o755);
  };
}

/** Writes one plugin under a temporary name first, so that an engine that starts meanwhile sees the old or the new one. */
function place(pulumiHome: string, name: string, version: string, write: (path: string) => void): void {
  const folder = join(pulumiHome, "plugins", `resource-${name}-v${version}`);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `pulumi-resource-${name}`);
  const next = `${path}.${process.pid}`;
  rmSync(next, { force: true });
  write(next);
  renameSync(next, path);
}

/** A word for sh, whatever is in it. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
