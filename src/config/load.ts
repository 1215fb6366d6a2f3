// The only reader of pulumi.Config: everything is read once, checked at once, and handed on as plain values.
import * as pulumi from "@pulumi/pulumi";
import { readTree } from "../../tree/index.ts";
import { assembleConfig } from "./assemble.ts";
import type { Config } from "./config.ts";
import { readEnvironment } from "./environment.ts";
import { lastRunOf } from "./lastRun.ts";
import { livingClusterOf } from "./livingCluster.ts";
import { talosctlOnPath } from "./patches/talosctlCheck.ts";
import { describeProblems } from "./problem.ts";
import { decodeConfig } from "./rawConfig.ts";
import { readStackFileConfig } from "./stackFile.ts";
import { readStackState } from "./stackState.ts";

/**
 * Reads the stack config, the files it names, and what the last run reached.
 * @throws pulumi.RunError that lists every mistake, before any resource is registered
 */
export async function loadConfig(): Promise<Config> {
  const projectRoot = process.cwd();
  const raw = decodeConfig({
    all: pulumi.runtime.allConfig(),
    isSecret: isEncrypted,
    file: readStackFileConfig(projectRoot, pulumi.getStack()),
  });
  const state = await readStackState();
  const assembled = await assembleConfig(raw.values, {
    ...readEnvironment(),
    projectRoot,
    readTree,
    lastRun: lastRunOf(state),
    living: livingClusterOf(state.resources),
    talosctl: talosctlOnPath,
  });
  const problems = [
    ...raw.problems,
    // An encrypted value is left out above, so its key seems to be missing as well.
    ...("problems" in assembled
      ? assembled.problems.filter(({ path }) => !raw.encrypted.includes(path))
      : []),
  ];
  if ("problems" in assembled || problems.length > 0)
    throw new pulumi.RunError(describeProblems(pulumi.getStack(), problems));
  const { config } = assembled;
  for (const warning of config.warnings) await pulumi.log.warn(warning);
  return { ...config, ageKey: { ...config.ageKey, identity: pulumi.secret(config.ageKey.identity) } };
}

/** Not part of the SDK's types, but there since 1.0; without it an encrypted value would only be less well explained. */
function isEncrypted(key: string): boolean {
  const runtime = pulumi.runtime as unknown as { isConfigSecret?: (key: string) => boolean };
  return runtime.isConfigSecret?.(key) ?? false;
}
