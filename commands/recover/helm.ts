// A Helm release whose install or upgrade was cut off: Helm keeps every revision as a Secret, and refuses to go on while
// one says pending-*, or when one exists that Pulumi does not know. Source: helm.sh/helm pkg/storage/driver/secrets.go.
import { Kubernetes } from "../../src/steps/kubernetes.ts";
import { kubeconfigOf, type PendingOperation, type StackState } from "./state.ts";

const releaseType = "kubernetes:helm.sh/v3:Release";

/**
 * Removes the revisions that stand in the way. The objects of the release stay: the next install finds its own name on
 * them and takes them over.
 * @returns what it did, one line each
 */
export async function clearReleases(
  pending: readonly PendingOperation[],
  inClear: () => StackState,
): Promise<readonly string[]> {
  const releases = pending.filter((operation) => operation.resource.type === releaseType);
  if (releases.length === 0) return [];
  const kubeconfig = kubeconfigOf(inClear());
  if (kubeconfig === undefined) return [];
  const kubernetes = new Kubernetes(kubeconfig);
  const lines = await Promise.all(releases.map((operation) => clear(kubernetes, operation)));
  return lines.flat();
}

async function clear(kubernetes: Kubernetes, operation: PendingOperation): Promise<readonly string[]> {
  const { name, namespace } = operation.resource.inputs as { name?: string; namespace?: string };
  const revisions = (await kubernetes.list("v1", "Secret", namespace)).filter((secret) => {
    const labels = secret.metadata?.labels;
    if (labels?.["owner"] !== "helm" || labels["name"] !== name) return false;
    // A create: Pulumi knows none of them. An update: the last good one must stay.
    return operation.type === "creating" || labels["status"]?.startsWith("pending-") === true;
  });
  return Promise.all(
    revisions.map(async (secret) => {
      await kubernetes.objects.delete(secret);
      return `removed Helm revision ${secret.metadata?.name ?? ""} (${secret.metadata?.labels?.["status"] ?? "?"})`;
    }),
  );
}
