import { removedFromKubernetes } from "../kubernetesApis.ts";
import { finding, type Rule } from "../rule.ts";

/**
 * Objects of Kubernetes are of API versions that the pinned Kubernetes serves.
 * Source: kubernetesApis.ts has them with theirs; the version is the stack file's versions.kubernetes.
 */
export const kubernetesApiVersion: Rule = {
  name: "kubernetes-api-version",
  what: "objects of Kubernetes are of API versions that the pinned Kubernetes serves",
  check: ({ model, kubernetes }) =>
    model.written.flatMap((object) => {
      const removal = removedFromKubernetes(object.data, kubernetes);
      if (removal === undefined) return [];
      const { apiVersion, kind, metadata } = object.data;
      return [
        finding(
          object,
          ["apiVersion"],
          `${kind} ${metadata.name} is of ${apiVersion}, which Kubernetes ${removal.minor} removed`,
          removal.instead === undefined
            ? "take it out: there is nothing instead"
            : `write ${removal.instead}, and what that version expects`,
        ),
      ];
    }),
};
