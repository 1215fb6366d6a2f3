// Where the schemas of all kinds are: beside the lab's programs, once these have been built. Nothing is built here.
import { join } from "node:path";
import { minorOf } from "../../src/versions/version.ts";
import { builtTool } from "../../tools/ensureTools.ts";
import { fluxSets } from "../../tools/fluxManifests/sets.ts";

/** The newest minor that a lab runs. */
const kubernetesMinor = "1.35";

/** Paths of definitions, and what there is none of. */
export interface Definitions {
  readonly definitions: readonly string[];
  readonly kubernetes: string;
  readonly leftOut: readonly string[];
}

/** @param fluxVersion the version that the tree pins, e.g. `v2.9.4`; the definitions of its minor will do */
export function definitionsFor(fluxVersion: string): Definitions {
  const leftOut: string[] = [];
  const found = (whose: string, key: string): string | undefined => {
    const path = builtTool(key);
    if (path === undefined)
      leftOut.push(
        `${whose} kinds are not validated: ${key} is not there; \`npm run tools -- ${key}\` gets it`,
      );
    return path;
  };
  const set =
    fluxSets.find(({ version }) => version === fluxVersion) ??
    fluxSets.find(({ version }) => minorOf(version) === minorOf(fluxVersion));
  const known = fluxSets.map(({ version }) => version).join(", ");
  if (set === undefined)
    leftOut.push(
      `Flux's kinds are not validated: there are definitions of ${known}, not of "${fluxVersion}"`,
    );
  const flux = set && found("Flux's", `flux-manifests@${set.version}`);
  return {
    definitions: flux === undefined ? [] : [join(flux, "gotk-components.yaml")],
    kubernetes: found("Kubernetes' own", `kubernetes-definitions@${kubernetesMinor}`) ?? "",
    leftOut,
  };
}
