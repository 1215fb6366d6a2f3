import { refusedNames } from "../../../tree/index.ts";
import type { Rule } from "../rule.ts";

/**
 * Variables have names that Flux takes. The preview says the same.
 * Source: fluxcd/pkg kustomize v1.35 kustomize_varsub.go: one other name and nothing with variables is built.
 */
export const variableNameRule: Rule = {
  name: "variable-name",
  what: "variables have names of letters, digits and _, or Flux stops all Kustomizations that take them",
  check: ({ model }) => refusedNames(model),
};
