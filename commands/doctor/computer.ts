// What an `up` needs on this computer and around it, looked at without changing anything.
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { assembleConfig, type Assembled } from "../../src/config/assemble.ts";
import type { LastRun } from "../../src/config/reached.ts";
import type { Problem } from "../../src/config/problem.ts";
import { decodeConfig } from "../../src/config/rawConfig.ts";
import { talosctlOnPath } from "../../src/config/patches/talosctlCheck.ts";
import { holdsEncrypted } from "../../src/config/stackFile.ts";
import { readTree } from "../../tree/index.ts";
import type { MachineRef } from "../../src/talos/contracts.ts";
import { count } from "../plan/text.ts";
import { machineFindings } from "./machines.ts";
import type { Finding } from "./report.ts";
import { toolFindings } from "./tools.ts";

/** Looks at everything. @param stack undefined when none is selected, with pulumi's own words for it */
export async function examineComputer(
  project: string,
  stack: { readonly name: string; readonly lastRun: LastRun } | { readonly problem: string },
): Promise<readonly Finding[]> {
  const tools = toolFindings();
  const token = tokenFinding(process.env["GITHUB_TOKEN"]);
  const only = async (what: string, found: string, todo: string): Promise<readonly Finding[]> => [
    ...(await tools),
    token,
    { state: "missing", what, found, todo },
  ];
  if ("problem" in stack) return only("stack", stack.problem, "pulumi stack select, or --stack NAME");
  const file = join(project, `Pulumi.${stack.name}.yaml`);
  if (!existsSync(file))
    return only(
      "stack config",
      `${file} is not there`,
      "copy Pulumi.home.yaml to it and put your values in, or name another stack: --stack NAME",
    );
  const raw = rawOf(readFileSync(file, "utf8"));
  const assembled = await assembleConfig(raw.values, {
    home: homedir(),
    hasGithubToken: true,
    projectRoot: project,
    readTree,
    lastRun: stack.lastRun,
    talosctl: talosctlOnPath,
  });
  const config = "config" in assembled ? assembled.config : undefined;
  const machines = machineFindings(addressesIn(raw.values), config);
  return [
    ...(await tools),
    token,
    ...configFindings(`Pulumi.${stack.name}.yaml`, raw.problems, assembled),
    ...(await machines),
  ];
}

/** A stack file as the program gets it from the engine: what is no text is JSON. */
function rawOf(text: string): ReturnType<typeof decodeConfig> {
  const { config = {} } = (parse(text) ?? {}) as { config?: Readonly<Record<string, unknown>> };
  const texts = Object.entries(config).map(([key, value]) => {
    // Nobody decrypts here.
    if (holdsEncrypted(value)) return [key, undefined] as const;
    return [key, typeof value === "string" ? value : JSON.stringify(value)] as const;
  });
  return decodeConfig({
    all: Object.fromEntries(texts),
    isSecret: (key) => holdsEncrypted(config[key]),
    file: config,
  });
}

/** Mistakes of the config with what belongs together in one line where all is well. Pure. */
export function configFindings(
  file: string,
  problems: readonly Problem[],
  assembled: Assembled,
): readonly Finding[] {
  const all = [...problems, ...("problems" in assembled ? assembled.problems : [])];
  const findings = all.map(({ path, message, todo }): Finding => ({
    state: "missing",
    what: groupOf(path),
    found: `${path}: ${message}`,
    ...(todo === "" ? {} : { todo }),
  }));
  if ("problems" in assembled) {
    // What has no mistake was looked at as well.
    const well = ["stack config", "age key", "secrets"].filter(
      (what) => !findings.some((found) => found.what === what),
    );
    return [...well.map((what): Finding => ({ state: "ok", what, found: "no mistake in it" })), ...findings];
  }
  const { ageKey, tree, warnings } = assembled.config;
  const files = count(tree.sopsFiles.length, "encrypted file");
  return [
    ...findings,
    { state: "ok", what: "stack config", found: `${file} is valid` },
    { state: "ok", what: "age key", found: `${ageKey.file} opens the tree's secrets` },
    { state: "ok", what: "secrets", found: `${files} in ${tree.path}` },
    ...warnings.map((found): Finding => ({ state: "warning", what: "stack config", found })),
  ];
}

function groupOf(path: string): string {
  if (path === "ageKeyFile") return "age key";
  return path.endsWith(".sops.yaml") ? "secrets" : "stack config";
}

function tokenFinding(token = ""): Finding {
  return token === ""
    ? {
        state: "warning",
        what: "GITHUB_TOKEN",
        found: "is not set: a preview works without it, an up does not",
        todo: "export a fine-grained token with Administration: read and write on the repository",
      }
    : { state: "ok", what: "GITHUB_TOKEN", found: "is set" };
}

/** The machines that are to be there, as far as the config says so, valid or not. */
function addressesIn(values: Readonly<Record<string, unknown>>): readonly MachineRef[] {
  const nodes = (Array.isArray(values["nodes"]) ? values["nodes"] : []) as readonly {
    readonly name?: unknown;
    readonly address?: unknown;
    readonly gone?: unknown;
  }[];
  return nodes.flatMap(({ name, address, gone }) =>
    typeof name === "string" && typeof address === "string" && gone !== true ? [{ name, address }] : [],
  );
}
