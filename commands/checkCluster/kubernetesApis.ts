// The API versions of Kubernetes that are gone, by the minor that removed them.
// Source: https://kubernetes.io/docs/reference/using-api/deprecation-guide/ as of v1.36. Change here when a release removes
// more.
import { compareMinors } from "../../src/versions/version.ts";

/** What a minor removed: an API version, its kinds, and what to write instead; undefined: there is nothing instead. */
interface Removal {
  readonly minor: string;
  readonly apiVersion: string;
  readonly kinds: readonly string[];
  readonly instead?: string;
}

const workloads = ["DaemonSet", "Deployment", "ReplicaSet"];
const webhooks = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];
const roles = ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"];
const flowControl = ["FlowSchema", "PriorityLevelConfiguration"];
const storage = ["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"];

const removals: readonly Removal[] = [
  { minor: "1.16", apiVersion: "extensions/v1beta1", kinds: workloads, instead: "apps/v1" },
  {
    minor: "1.16",
    apiVersion: "extensions/v1beta1",
    kinds: ["NetworkPolicy"],
    instead: "networking.k8s.io/v1",
  },
  { minor: "1.16", apiVersion: "extensions/v1beta1", kinds: ["PodSecurityPolicy"] },
  { minor: "1.16", apiVersion: "apps/v1beta1", kinds: [...workloads, "StatefulSet"], instead: "apps/v1" },
  { minor: "1.16", apiVersion: "apps/v1beta2", kinds: [...workloads, "StatefulSet"], instead: "apps/v1" },
  { minor: "1.22", apiVersion: "extensions/v1beta1", kinds: ["Ingress"], instead: "networking.k8s.io/v1" },
  {
    minor: "1.22",
    apiVersion: "networking.k8s.io/v1beta1",
    kinds: ["Ingress", "IngressClass"],
    instead: "networking.k8s.io/v1",
  },
  {
    minor: "1.22",
    apiVersion: "admissionregistration.k8s.io/v1beta1",
    kinds: webhooks,
    instead: "admissionregistration.k8s.io/v1",
  },
  {
    minor: "1.22",
    apiVersion: "apiextensions.k8s.io/v1beta1",
    kinds: ["CustomResourceDefinition"],
    instead: "apiextensions.k8s.io/v1",
  },
  {
    minor: "1.22",
    apiVersion: "apiregistration.k8s.io/v1beta1",
    kinds: ["APIService"],
    instead: "apiregistration.k8s.io/v1",
  },
  {
    minor: "1.22",
    apiVersion: "certificates.k8s.io/v1beta1",
    kinds: ["CertificateSigningRequest"],
    instead: "certificates.k8s.io/v1",
  },
  {
    minor: "1.22",
    apiVersion: "coordination.k8s.io/v1beta1",
    kinds: ["Lease"],
    instead: "coordination.k8s.io/v1",
  },
  {
    minor: "1.22",
    apiVersion: "rbac.authorization.k8s.io/v1beta1",
    kinds: roles,
    instead: "rbac.authorization.k8s.io/v1",
  },
  {
    minor: "1.22",
    apiVersion: "scheduling.k8s.io/v1beta1",
    kinds: ["PriorityClass"],
    instead: "scheduling.k8s.io/v1",
  },
  { minor: "1.22", apiVersion: "storage.k8s.io/v1beta1", kinds: storage, instead: "storage.k8s.io/v1" },
  { minor: "1.25", apiVersion: "batch/v1beta1", kinds: ["CronJob"], instead: "batch/v1" },
  {
    minor: "1.25",
    apiVersion: "discovery.k8s.io/v1beta1",
    kinds: ["EndpointSlice"],
    instead: "discovery.k8s.io/v1",
  },
  { minor: "1.25", apiVersion: "events.k8s.io/v1beta1", kinds: ["Event"], instead: "events.k8s.io/v1" },
  {
    minor: "1.25",
    apiVersion: "autoscaling/v2beta1",
    kinds: ["HorizontalPodAutoscaler"],
    instead: "autoscaling/v2",
  },
  { minor: "1.25", apiVersion: "policy/v1beta1", kinds: ["PodDisruptionBudget"], instead: "policy/v1" },
  { minor: "1.25", apiVersion: "policy/v1beta1", kinds: ["PodSecurityPolicy"] },
  { minor: "1.25", apiVersion: "node.k8s.io/v1beta1", kinds: ["RuntimeClass"], instead: "node.k8s.io/v1" },
  {
    minor: "1.26",
    apiVersion: "autoscaling/v2beta2",
    kinds: ["HorizontalPodAutoscaler"],
    instead: "autoscaling/v2",
  },
  {
    minor: "1.26",
    apiVersion: "flowcontrol.apiserver.k8s.io/v1beta1",
    kinds: flowControl,
    instead: "flowcontrol.apiserver.k8s.io/v1",
  },
  {
    minor: "1.27",
    apiVersion: "storage.k8s.io/v1beta1",
    kinds: ["CSIStorageCapacity"],
    instead: "storage.k8s.io/v1",
  },
  {
    minor: "1.29",
    apiVersion: "flowcontrol.apiserver.k8s.io/v1beta2",
    kinds: flowControl,
    instead: "flowcontrol.apiserver.k8s.io/v1",
  },
  {
    minor: "1.32",
    apiVersion: "flowcontrol.apiserver.k8s.io/v1beta3",
    kinds: flowControl,
    instead: "flowcontrol.apiserver.k8s.io/v1",
  },
];

/**
 * What happened to an API version by the time of a version of Kubernetes; undefined while it is served.
 * @param kubernetes e.g. `v1.36.3`; default: the newest known
 */
export function removedFromKubernetes(
  { apiVersion, kind }: { readonly apiVersion: string; readonly kind: string },
  kubernetes?: string,
): Removal | undefined {
  return removals.find(
    (removal) =>
      removal.apiVersion === apiVersion &&
      removal.kinds.includes(kind) &&
      compareMinors(kubernetes, removal.minor) >= 0,
  );
}
