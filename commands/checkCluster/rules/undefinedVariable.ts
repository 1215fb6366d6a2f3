import { undefinedVariables } from "../../../tree/index.ts";
import type { Rule } from "../rule.ts";

/**
 * Every `${NAME}` without a default is defined for the Kustomization that applies it. The preview says the same.
 * Source: Flux 2.9 turned kustomize-controller's StrictPostBuildSubstitutions on: a missing one fails the build.
 */
export const undefinedVariable: Rule = {
  name: "undefined-variable",
  what: "every ${NAME} is defined for the Kustomization that applies it, or has a default",
  check: ({ model }) => undefinedVariables(model),
};
