import { textOf, valueAt } from "../../../tree/index.ts";
import { finding, placeText, type Rule } from "../rule.ts";
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
    const fix =
      "write driftDetection: {mode: enabled} into its spec, or use the component that does it for all";
    return model.placed
      .filter(
        ({ data, owner }) =>
          owner !== undefined &&
          data.kind === "HelmRelease" &&
          textOf(valueAt(data, "spec", "driftDetection", "mode")) === undefined,
      )
      .map((release) => {
        const message = `HelmRelease ${placeText(release)} has no driftDetection, and nothing gives it one`;
        return finding(release.source, ["spec", "driftDetection"], message, fix);
      });
  },
};
