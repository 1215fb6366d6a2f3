import { strangeValues } from "../../../tree/index.ts";
import type { Rule } from "../rule.ts";

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
