import { compareMinors } from "../../../src/versions/version.ts";
import { finding, type Rule } from "../rule.ts";

const workloads = ["DaemonSet", "Deployment", "ReplicaSet"];
const webhooks = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];
const roles = ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"];
const flowControl = ["FlowSchema", "PriorityLevelConfiguration"];
const storage = ["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"];

/** What a minor removed: an API version, its kinds, and what to write instead where that is not v1 of its group. */
type Removal = readonly [minor: string, apiVersion: string, kinds: readonly string[], instead?: string];

const nothing = "";

/**
 * The API versions of Kubernetes that are gone. Change here when a release removes more.
 * Source: https://kubernetes.io/docs/reference/using-api/deprecation-guide/ as of v1.36.
 */
const removals: readonly Removal[] = [
  ["1.16", "extensions/v1beta1", workloads, "apps/v1"],
  ["1.16", "extensions/v1beta1", ["NetworkPolicy"], "networking.k8s.io/v1"],
  ["1.16", "extensions/v1beta1", ["PodSecurityPolicy"], nothing],
  ["1.16", "apps/v1beta1", [...workloads, "StatefulSet"]],
  ["1.16", "apps/v1beta2", [...workloads, "StatefulSet"]],
  ["1.22", "extensions/v1beta1", ["Ingress"], "networking.k8s.io/v1"],
  ["1.22", "networking.k8s.io/v1beta1", ["Ingress", "IngressClass"]],
  ["1.22", "admissionregistration.k8s.io/v1beta1", webhooks],
  ["1.22", "apiextensions.k8s.io/v1beta1", ["CustomResourceDefinition"]],
  ["1.22", "apiregistration.k8s.io/v1beta1", ["APIService"]],
  ["1.22", "certificates.k8s.io/v1beta1", ["CertificateSigningRequest"]],
  ["1.22", "coordination.k8s.io/v1beta1", ["Lease"]],
  ["1.22", "rbac.authorization.k8s.io/v1beta1", roles],
  ["1.22", "scheduling.k8s.io/v1beta1", ["PriorityClass"]],
  ["1.22", "storage.k8s.io/v1beta1", storage],
  ["1.25", "batch/v1beta1", ["CronJob"]],
  ["1.25", "discovery.k8s.io/v1beta1", ["EndpointSlice"]],
  ["1.25", "events.k8s.io/v1beta1", ["Event"]],
  ["1.25", "autoscaling/v2beta1", ["HorizontalPodAutoscaler"], "autoscaling/v2"],
  ["1.25", "policy/v1beta1", ["PodDisruptionBudget"]],
  ["1.25", "policy/v1beta1", ["PodSecurityPolicy"], nothing],
  ["1.25", "node.k8s.io/v1beta1", ["RuntimeClass"]],
  ["1.26", "autoscaling/v2beta2", ["HorizontalPodAutoscaler"], "autoscaling/v2"],
  ["1.26", "flowcontrol.apiserver.k8s.io/v1beta1", flowControl],
  ["1.27", "storage.k8s.io/v1beta1", ["CSIStorageCapacity"]],
  ["1.29", "flowcontrol.apiserver.k8s.io/v1beta2", flowControl],
  ["1.32", "flowcontrol.apiserver.k8s.io/v1beta3", flowControl],
];

/** What happened to an API version by a version of Kubernetes (default: the newest known); undefined while it is served. */
export function removedFromKubernetes(
  object: { readonly apiVersion: string; readonly kind: string },
  kubernetes?: string,
): { readonly minor: string; readonly instead: string } | undefined {
  const removal = removals.find(
    ([since, apiVersion, kinds]) =>
      apiVersion === object.apiVersion &&
      kinds.includes(object.kind) &&
      compareMinors(kubernetes, since) >= 0,
  );
  if (removal === undefined) return undefined;
  const [minor, apiVersion, , instead = apiVersion.replace(/\/.*/, "/v1")] = removal;
  return { minor, instead };
}

/**
 * Objects of Kubernetes are of API versions that the pinned Kubernetes serves; the version is the stack file's
 * versions.kubernetes.
 */
export const kubernetesApiVersion: Rule = {
  name: "kubernetes-api-version",
  what: "objects of Kubernetes are of API versions that the pinned Kubernetes serves",
  check: ({ model, kubernetes }) =>
    model.written.flatMap((object) => {
      const { apiVersion, kind, metadata } = object.data;
      const removal = removedFromKubernetes(object.data, kubernetes);
      if (removal === undefined) return [];
      const message = `${kind} ${metadata.name} is of ${apiVersion}, which Kubernetes ${removal.minor} removed`;
      const fix =
        removal.instead === nothing
          ? "take it out: there is nothing instead"
          : `write ${removal.instead}, and what that version expects`;
      return [finding(object, ["apiVersion"], message, fix)];
    }),
};
