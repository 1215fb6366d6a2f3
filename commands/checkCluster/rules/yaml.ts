import type { Rule } from "../rule.ts";

/**
 * Every file whose name ends in .yaml or .yml is YAML. One that is not makes Flux stop applying its Kustomization.
 * Source: fluxcd/pkg kustomize: a file that cannot be parsed fails the whole build.
 */
export const yaml: Rule = {
  name: "yaml",
  what: "every .yaml file is YAML, in UTF-8",
  check: ({ model }) =>
    model.unreadable
      .filter(({ file }) => model.applied.has(file) || !isTemplate(model.files.text(file) ?? ""))
      .map(({ file, line, reason }) => ({
        file,
        line,
        message: `this is no YAML: ${reason}`,
        fix: "correct it, or give the file another ending",
      })),
};

/** Templates of Jinja and the like are YAML only after they are rendered. */
function isTemplate(text: string): boolean {
  return /^\s*(\{\{|\{%|#%|#\{)/m.test(text);
}
