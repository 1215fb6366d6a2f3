import { textOf, valueAt } from "../../../tree/index.ts";
import { finding, type Rule } from "../rule.ts";
import { missingNames } from "./listedFile.ts";

/**
 * Every HelmRelease says what happens when somebody changes its objects by hand, itself or by a patch or a component.
 * Source: helm-controller v1.6 docs/spec/v2/helmreleases.md: drift detection is off unless a release turns it on.
 */
export const driftDetection: Rule = {
  name: "drift-detection",
  what: "every HelmRelease has driftDetection.mode, its own or an injected one",
  check: ({ model }) => {
    // A component that is missing may be the one that does it.
    if (missingNames(model).some(({ named }) => named.role === "component")) return [];
    return model.placed.flatMap(({ source, data, name, namespace, owner }) => {
      if (owner === undefined || data.kind !== "HelmRelease") return [];
      if (textOf(valueAt(data, "spec", "driftDetection", "mode")) !== undefined) return [];
      return [
        finding(
          source,
          ["spec", "driftDetection"],
          `HelmRelease ${namespace === undefined ? "" : `${namespace}/`}${name} has no driftDetection, and nothing gives it one`,
          "write driftDetection: {mode: enabled} into its spec, or use the component that does it for all",
        ),
      ];
    });
  },
};
