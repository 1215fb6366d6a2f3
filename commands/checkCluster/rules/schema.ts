import { removalOf } from "../../../tree/index.ts";
import { kustomizationOf } from "../builds.ts";
import { problemFinding, writtenObject } from "../buildProblems.ts";
import { removedFromKubernetes } from "../kubernetesApis.ts";
import type { Rule } from "../rule.ts";

/**
 * Objects have the fields that their kinds have. What flux-api-version and kubernetes-api-version say is not said again.
 * Source: the definitions of Flux's own manifests and of the tree, and Kubernetes' description of its API.
 */
export const schema: Rule = {
  name: "schema",
  what: "objects of Flux, of Kubernetes and of the tree's own definitions are as their schemas say *",
  check: ({ model, builds }) =>
    builds.flatMap(({ kustomizations }) =>
      kustomizations.flatMap((built) =>
        built.problems.flatMap((problem) => {
          if (problem.rule !== "schema") return [];
          const written = writtenObject(model, problem);
          // The schemas are of one version of Kubernetes, which may not be the one that is asked about.
          const isOld =
            written !== undefined &&
            (removalOf(written.data.apiVersion, written.data.kind) ?? removedFromKubernetes(written.data)) !==
              undefined;
          if (isOld) return [];
          const field = problem.field === null ? "" : `${problem.field}: `;
          return [
            problemFinding(model, kustomizationOf(model, built), problem, {
              message: `${problem.object ?? "object"}: ${field}${problem.message}`,
              fix: "correct the field: the API server would refuse the object, or drop the field",
            }),
          ];
        }),
      ),
    ),
};
