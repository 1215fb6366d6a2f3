import { checkFluxKustomization, listOf, textOf, valueAt } from "../../../tree/index.ts";
import { finding, type Rule } from "../rule.ts";

const reconcile = "kustomize.toolkit.fluxcd.io/reconcile";

/**
 * The Kustomization that applies Flux's own manifests replaces no variables in them, neither by itself nor by what is
 * patched into it. The preview says the same.
 * Source: https://github.com/fluxcd/flux2/issues/5967
 */
export const fluxPostBuild: Rule = {
  name: "flux-post-build",
  what: "the Kustomization that applies Flux itself has no postBuild",
  check: ({ model }) => {
    const artifacts = model.placed.filter(
      ({ data }) =>
        data.kind === "OCIRepository" && String(data.spec?.["url"] ?? "").endsWith("/flux-manifests"),
    );
    const names = new Set(artifacts.map(({ name }) => name));
    return model.kustomizations.flatMap(({ object, spec, name, namespace }) => {
      const { source, data } = object;
      if (valueAt(spec, "sourceRef", "kind") !== "OCIRepository") return [];
      if (!names.has(textOf(valueAt(spec, "sourceRef", "name")) ?? "")) return [];
      const own = "node" in source ? checkFluxKustomization(source) : [];
      // What the Kustomization above patches into it does not arrive.
      const isLeftAlone = data.metadata.annotations?.[reconcile] === "disabled";
      if (own.length > 0 || isLeftAlone || spec["postBuild"] === undefined) return own;
      const from = listOf(valueAt(spec, "postBuild", "substituteFrom")).map(
        (entry) => textOf(valueAt(entry, "name")) ?? "",
      );
      const message = `Kustomization ${namespace}/${name} is given postBuild (${from.join(", ")}) by the patches above it`;
      const fix = "give it the label that these patches leave out: substitution breaks Flux's own manifests";
      return [finding(source, ["metadata", "labels"], message, fix)];
    });
  },
};
