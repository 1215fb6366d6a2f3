// All rules, in the order in which they are listed.
import type { Rule } from "./rule.ts";
import { build } from "./rules/build.ts";
import { dependsOn } from "./rules/dependsOn.ts";
import { dependsOnCycle } from "./rules/dependsOnCycle.ts";
import { driftDetection } from "./rules/driftDetection.ts";
import { duplicateObject } from "./rules/duplicateObject.ts";
import { encrypted } from "./rules/encrypted.ts";
import { fluxApiVersion } from "./rules/fluxApiVersion.ts";
import { fluxPostBuild } from "./rules/fluxPostBuild.ts";
import { handOff } from "./rules/handOff.ts";
import { ignoredFile } from "./rules/ignoredFile.ts";
import { injectedReplaced } from "./rules/injectedReplaced.ts";
import { kubernetesApiVersion } from "./rules/kubernetesApiVersion.ts";
import { listedFile } from "./rules/listedFile.ts";
import { ownVariables } from "./rules/ownVariables.ts";
import { pathExists } from "./rules/pathExists.ts";
import { pinsEqual } from "./rules/pinsEqual.ts";
import { plainSecret } from "./rules/plainSecret.ts";
import { programSecrets } from "./rules/programSecrets.ts";
import { repositoryName } from "./rules/repositoryName.ts";
import { retryAndTimeout } from "./rules/retryAndTimeout.ts";
import { schema } from "./rules/schema.ts";
import { sourceExists } from "./rules/sourceExists.ts";
import { substituteFrom } from "./rules/substituteFrom.ts";
import { substitution } from "./rules/substitution.ts";
import { undefinedVariable } from "./rules/undefinedVariable.ts";
import { unlistedFile } from "./rules/unlistedFile.ts";
import { unusedSource } from "./rules/unusedSource.ts";
import { variableNameRule } from "./rules/variableName.ts";
import { variableValue } from "./rules/variableValue.ts";
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
  undefinedVariable,
  variableNameRule,
  variableValue,
  ownVariables,
  substituteFrom,
  injectedReplaced,
  fluxPostBuild,
  handOff,
  programSecrets,
  repositoryName,
  encrypted,
  plainSecret,
  fluxApiVersion,
  kubernetesApiVersion,
  pinsEqual,
  driftDetection,
  retryAndTimeout,
  ...buildRules,
];
