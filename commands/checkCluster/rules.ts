// All rules, in the order in which they are listed.
import type { Rule } from "./rule.ts";
import * as preview from "./rules/asInPreview.ts";
import { build, duplicateObject, schema, substitution } from "./rules/build.ts";
import { dependsOn, dependsOnCycle } from "./rules/dependsOn.ts";
import { driftDetection } from "./rules/driftDetection.ts";
import { encrypted } from "./rules/encrypted.ts";
import { fluxPostBuild } from "./rules/fluxPostBuild.ts";
import { ignoredFile } from "./rules/ignoredFile.ts";
import { injectedReplaced } from "./rules/injectedReplaced.ts";
import { kubernetesApiVersion } from "./rules/kubernetesApiVersion.ts";
import { listedFile } from "./rules/listedFile.ts";
import { ownVariables } from "./rules/ownVariables.ts";
import { pathExists } from "./rules/pathExists.ts";
import { pinsEqual } from "./rules/pinsEqual.ts";
import { plainSecret } from "./rules/plainSecret.ts";
import { programSecrets } from "./rules/programSecrets.ts";
import { retryAndTimeout } from "./rules/retryAndTimeout.ts";
import { sourceExists } from "./rules/sourceExists.ts";
import { substituteFrom } from "./rules/substituteFrom.ts";
import { unlistedFile } from "./rules/unlistedFile.ts";
import { unusedSource } from "./rules/unusedSource.ts";
import { yaml } from "./rules/yaml.ts";

/** Rules that need the program cluster-build. */
export const buildRules: readonly Rule[] = [build, substitution, schema, duplicateObject];

/** All rules. */
export const rules: readonly Rule[] = [
  yaml,
  listedFile,
  unlistedFile,
  ignoredFile,
  pathExists,
  sourceExists,
  unusedSource,
  dependsOn,
  dependsOnCycle,
  preview.undefinedVariable,
  preview.variableName,
  preview.variableValue,
  ownVariables,
  substituteFrom,
  injectedReplaced,
  fluxPostBuild,
  preview.handOff,
  programSecrets,
  preview.repositoryName,
  encrypted,
  plainSecret,
  preview.fluxApiVersion,
  kubernetesApiVersion,
  pinsEqual,
  driftDetection,
  retryAndTimeout,
  ...buildRules,
];
