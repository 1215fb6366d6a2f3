// Rules whose work the tree's own room does: the preview refuses the same.
import {
  checkHandOff,
  checkRepositoryName,
  findHandOff,
  refusedNames,
  removedApiVersions,
  strangeValues,
  undefinedVariables,
  type HandOffObjects,
} from "../../../tree/index.ts";
import type { Rule } from "../rule.ts";

/**
 * Every `${NAME}` without a default is defined for the Kustomization that applies it.
 * Source: Flux 2.9 turned kustomize-controller's StrictPostBuildSubstitutions on: a missing one fails the build.
 */
export const undefinedVariable: Rule = {
  name: "undefined-variable",
  what: "every ${NAME} is defined for the Kustomization that applies it, or has a default",
  check: ({ model }) => undefinedVariables(model),
};

/**
 * Variables have names that Flux takes.
 * Source: fluxcd/pkg kustomize v1.35 kustomize_varsub.go: one other name and nothing with variables is built.
 */
export const variableName: Rule = {
  name: "variable-name",
  what: "variables have names of letters, digits and _, or Flux stops all Kustomizations that take them",
  check: ({ model }) => refusedNames(model),
};

/**
 * Values of variables arrive as they stand in their ConfigMap.
 * Source: fluxcd/pkg kustomize v1.35 kustomize_varsub.go: line breaks are taken out, the value is put into YAML without quotes,
 * and variables in it stay as they are.
 */
export const variableValue: Rule = {
  name: "variable-value",
  what: "values of variables are one line that is still the same text inside of YAML",
  check: ({ model }) => strangeValues(model),
};

/** Objects of Flux are of API versions that the pinned Flux serves. Source: tree/apis.ts has them with theirs. */
export const fluxApiVersion: Rule = {
  name: "flux-api-version",
  what: "objects of Flux are of API versions that the pinned Flux serves",
  check: ({ model }) => removedApiVersions(model, model.fluxVersion),
};

/** The four objects that Pulumi hands over are there, and say that Flux must leave them alone. Source: tree/checkHandOff.ts. */
export const handOff: Rule = {
  name: "hand-off",
  what: "the four objects that Pulumi hands over are there, annotated, and survive mistakes",
  check: ({ model, isHandOff }) => {
    if (!isHandOff) return [];
    const { objects, missing } = findHandOff(model);
    if (missing.length === 0) return checkHandOff(objects as HandOffObjects);
    const fix = "add it: it is one of the four objects through which Flux runs itself and the tree";
    return missing.map(({ file, reason }) => ({ file, line: 1, message: reason, fix }));
  },
};

/** The repository's name is the same where Flux reads it and where commits get their status. */
export const repositoryName: Rule = {
  name: "repository-name",
  what: "the repository that Flux reads is the one that gets the status of commits",
  check: ({ model }) => {
    const { gitRepository } = findHandOff(model).objects;
    return gitRepository === undefined ? [] : checkRepositoryName(model, gitRepository);
  },
};
