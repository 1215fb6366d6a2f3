// Flux's install bundles of the version that was reached and of the one that is asked for, for `npm run plan`. The program
// pulls them and not the command, because it knows both versions and reaches registries in the same way as `up` will
// (docs/decisions/0009).
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { pullManifests } from "../steps/fluxArtifact.ts";
import { StepError } from "../steps/stepError.ts";

/** Name of the file that says why there is no bundle. */
export const problemFile = "problem.txt";

/** Writes both bundles as `<version>.yaml` into the folder of the config, or why they could not be had. */
export async function keepBundles({ bundleFolder, lastRun, tree }: Config): Promise<void> {
  const versions = [lastRun.versions.flux, tree.fluxVersion] as const;
  if (bundleFolder === undefined || versions[0] === undefined || versions[0] === versions[1]) return;
  const { url } = tree.ociRepository.spec as { readonly url: string };
  // A preview must not hang on a registry that does not answer; the rest of a plan is worth more.
  const signal = AbortSignal.timeout(20_000);
  const keep = async (version = ""): Promise<void> =>
    writeFileSync(join(bundleFolder, `${version}.yaml`), await pullManifests(url, version, signal));
  try {
    await Promise.all(versions.map(async (version) => keep(version)));
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    writeFileSync(join(bundleFolder, problemFile), error.message);
  }
}
