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
  const flux = fluxFolder(fluxVersion);
  const kubernetesKey = `kubernetes-definitions@${kubernetesMinor}`;
  const kubernetes = builtTool(kubernetesKey);
  return {
    definitions: flux.path === undefined ? [] : [join(flux.path, "gotk-components.yaml")],
    kubernetes: kubernetes ?? "",
    leftOut: [
      ...(flux.leftOut === undefined ? [] : [flux.leftOut]),
      ...(kubernetes === undefined
        ? [`Kubernetes' own kinds are not validated: ${notThere(kubernetesKey)}`]
        : []),
    ],
  };
}

function fluxFolder(version: string): { readonly path?: string; readonly leftOut?: string } {
  const set =
    fluxSets.find((candidate) => candidate.version === version) ??
    fluxSets.find((candidate) => minorOf(candidate.version) === minorOf(version));
  if (set === undefined) {
    const known = fluxSets.map((candidate) => candidate.version).join(", ");
    return {
      leftOut: `Flux's kinds are not validated: there are definitions of ${known}, not of "${version}"`,
    };
  }
  const key = `flux-manifests@${set.version}`;
  const path = builtTool(key);
  return path === undefined ? { leftOut: `Flux's kinds are not validated: ${notThere(key)}` } : { path };
}

function notThere(key: string): string {
  return `${key} is not there; \`npm run tools -- ${key}\` gets it`;
}
