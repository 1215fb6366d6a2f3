// The lab's stack config, Pulumi.<lab>.yaml in the project's root. The only place that knows what is in it.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parse, stringify } from "yaml";
import { ports, type LabLayout } from "./layout.ts";
import { home, network, schematicId, versions, webhookHost } from "./settings.ts";

/** What only the running services know. */
export interface StackServices {
  /** e.g. `ssh://git@127.10.1.2:2222/home/home-cluster.git`. */
  readonly gitUrl: string;
  /** e.g. `[127.10.1.2]:2222 ssh-ed25519 AAAA…`. */
  readonly knownHostsLine: string;
}

/** Path of the file. */
export function stackFile(layout: LabLayout): string {
  return join(layout.project, `Pulumi.${layout.name}.yaml`);
}

/** Path of the age key's file. */
export function ageKeyFile(layout: LabLayout): string {
  return join(layout.secrets, "age.txt");
}

/** Writes the file; keeps the salt that the engine has put there. One that is not the lab's own is left alone. */
export function writeStack(layout: LabLayout, services: StackServices): void {
  const file = stackFile(layout);
  if (layout.size === "own" && existsSync(file)) return;
  const before = existsSync(file) ? (parse(readFileSync(file, "utf8")) as { encryptionsalt?: string }) : {};
  const salt = before.encryptionsalt === undefined ? {} : { encryptionsalt: before.encryptionsalt };
  const next = `${file}.${process.pid}`;
  writeFileSync(
    next,
    `# Written by the lab at every start. Changes are lost then.\n${stringify({ ...salt, config: stackConfig(layout, services) })}`,
  );
  renameSync(next, file);
}

function stackConfig(layout: LabLayout, services: StackServices): Record<string, unknown> {
  const inProject = (path: string): string => relative(layout.project, path);
  const { talos, kubernetes, cilium, talosContract } = versions;
  return {
    "pulumi:disable-default-providers": ["kubernetes", "github"],
    "home-ops:cluster": {
      name: layout.name,
      endpoint: `https://${layout.endpointAddress}:${String(ports.kubeApiserver)}`,
      talosContract,
    },
    "home-ops:network": { nodeCidr: layout.cidr, ...network },
    "home-ops:versions": { talos, kubernetes, cilium },
    "home-ops:schematicId": schematicId,
    "home-ops:nodes": layout.machines
      .filter(({ role }) => role !== "spare")
      .map(({ name, address, role }) => ({
        name,
        address,
        role,
        disk: "/dev/vda",
      })),
    "home-ops:github": {
      ...home,
      baseUrl: `http://${layout.servicesAddress}:${String(ports.github)}/`,
      webhookUrl: `https://${webhookHost}`,
    },
    "home-ops:git": { url: services.gitUrl, knownHosts: [services.knownHostsLine] },
    "home-ops:tree": inProject(join(layout.repo, "cluster")),
    "home-ops:ageKeyFile": inProject(ageKeyFile(layout)),
    "home-ops:protect": false,
  };
}
