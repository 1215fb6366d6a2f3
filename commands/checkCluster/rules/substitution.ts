import {
  inTree,
  strangeValues,
  undefinedVariables,
  variablesOf,
  type Finding,
  type TreeModel,
} from "../../../tree/index.ts";
import { kustomizationOf } from "../builds.ts";
import { problemFinding } from "../buildProblems.ts";
import type { Rule } from "../rule.ts";
import { isExplained } from "./build.ts";

/**
 * Variables can be replaced, and what comes of it is YAML. What undefined-variable, variable-name, variable-value and
 * substitute-from say is not said again.
 * Source: the program cluster-build, over fluxcd/pkg kustomize and envsubst.
 */
export const substitution: Rule = {
  name: "substitution",
  what: "variables can be replaced, and what comes of it is YAML *",
  check: ({ model, builds }) => {
    const known = new Set(undefinedVariables(model).map(({ name }) => name));
    const strange = strangeValues(model);
    const isOfValue = (file: string | null): boolean =>
      file !== null && strange.some(({ message }) => message.includes(` ${inTree(model.place, file)}:`));
    return builds.flatMap(({ kustomizations }) =>
      kustomizations.flatMap((built) => {
        const kustomization = kustomizationOf(model, built);
        if (kustomization !== undefined && isExplained(model, kustomization)) return [];
        const isOpen = kustomization !== undefined && variablesOf(kustomization, model.providers).areOpen;
        return built.problems.flatMap((problem) => {
          if (problem.rule !== "substitution" || problem.field?.endsWith("substituteFrom") === true)
            return [];
          const name = /^the variable \$\{(\w+)\} is not defined$/.exec(problem.message)?.[1];
          if (name !== undefined && (isOpen || known.has(name))) return [];
          // Said once, where the name or the value stands.
          if (problem.message.includes("var name is invalid")) return [];
          if (problem.message.includes("YAMLToJSON") && isOfValue(problem.file)) return [];
          const found = problemFinding(model, kustomization, problem, {
            message: `${problem.object ?? `Kustomization ${built.namespace}/${built.name}`}: ${problem.message}`,
            fix: "correct the variable, or write $${…} for the text itself",
          });
          return [name === undefined ? found : atVariable(model, found, name)];
        });
      }),
    );
  },
};

/** The line from which on the variable is used. */
function atVariable({ files }: TreeModel, found: Finding, name: string): Finding {
  const lines = (files.text(found.file) ?? "").split("\n").slice(found.line - 1);
  const index = lines.findIndex((line) => line.includes(`\${${name}`));
  return { ...found, line: found.line + Math.max(0, index) };
}
