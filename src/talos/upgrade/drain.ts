// Taking pods off a node before its machine reboots, through the Kubernetes API, as `kubectl drain` does: cordon, evict,
// wait until they are gone. A pod that cannot be evicted stops everything while the machine is still untouched; Talos'
// own drain would only warn. Source: kubernetes.io/docs/concepts/scheduling-eviction/api-eviction.
import { StepError } from "../../steps/stepError.ts";
import type { Kubernetes, KubeObject } from "../../steps/kubernetes.ts";
import type { Step } from "../../steps/step.ts";
import { done, notYet } from "../../steps/wait.ts";

/** Set on a node that this program has cordoned: one that somebody else has cordoned stays so. */
const cordonedBy = "home-ops.dev/cordoned-for-upgrade";

/** Makes the node unschedulable, remembering that it was us. */
export async function cordon(kubernetes: Kubernetes, node: string): Promise<void> {
  const found = await kubernetes.read("v1", "Node", node);
  if (found === undefined || found.spec?.["unschedulable"] === true) return;
  await kubernetes.mergePatch("v1", "Node", node, {
    metadata: { annotations: { [cordonedBy]: "true" } },
    spec: { unschedulable: true },
  });
}

/** Takes that back; a node that somebody else has cordoned is left alone. */
export async function uncordon(kubernetes: Kubernetes, node: string): Promise<boolean> {
  const found = await kubernetes.read("v1", "Node", node);
  if (found?.metadata?.annotations?.[cordonedBy] === undefined) return false;
  await kubernetes.mergePatch("v1", "Node", node, {
    metadata: { annotations: { [cordonedBy]: null } },
    spec: { unschedulable: null },
  });
  return true;
}

/**
 * Evicts all pods of a node but those that belong to it (DaemonSets, static pods).
 * @throws StepError naming the pods that could not be evicted, and the API server's reason
 */
export async function drain(
  step: Step,
  kubernetes: Kubernetes,
  node: string,
  timeoutSeconds: number,
): Promise<void> {
  const asked = new Set<string>();
  let total = 0;
  await step.waitFor(
    {
      what: `${node}: all pods evicted`,
      timeoutSeconds,
      intervalMs: 250,
      todo: `nothing has been changed on the machine; look at: kubectl get poddisruptionbudgets -A; let the pod go, then run pulumi up again`,
    },
    async () => {
      const pods = await evictable(kubernetes, node);
      total = Math.max(total, pods.length);
      if (pods.length === 0) return done();
      const refusals = await Promise.all(pods.map((pod) => evict(kubernetes, pod, asked)));
      const refused = refusals.find((reason) => reason !== undefined);
      return notYet(
        `${node}: draining, ${String(total - pods.length)} of ${String(total)} pods gone${refused === undefined ? "" : `; ${refused}`}`,
      );
    },
  );
}

async function evictable(kubernetes: Kubernetes, node: string): Promise<readonly KubeObject[]> {
  const pods = await kubernetes.list("v1", "Pod");
  return pods.filter((pod) => {
    if (pod.spec?.["nodeName"] !== node) return false;
    if (pod.metadata?.annotations?.["kubernetes.io/config.mirror"] !== undefined) return false;
    if (["Succeeded", "Failed"].includes(String(pod.status?.["phase"]))) return false;
    return pod.metadata?.ownerReferences?.some(({ kind }) => kind === "DaemonSet") !== true;
  });
}

/** @returns the reason why it is refused now, e.g. a disruption budget */
async function evict(
  kubernetes: Kubernetes,
  pod: KubeObject,
  asked: Set<string>,
): Promise<string | undefined> {
  const { name = "", namespace = "", uid = "", deletionTimestamp } = pod.metadata ?? {};
  if (deletionTimestamp !== undefined || asked.has(uid)) return undefined;
  const refusal = await kubernetes.evict(namespace, name);
  if (refusal === undefined) asked.add(uid);
  else if (!refusal.retry)
    throw new StepError(
      `${namespace}/${name} cannot be evicted: ${refusal.reason}`,
      "nothing has been changed on the machine; mend that, then run pulumi up again",
    );
  return refusal === undefined ? undefined : `${namespace}/${name} cannot be evicted: ${refusal.reason}`;
}
