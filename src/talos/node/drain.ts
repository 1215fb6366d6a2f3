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
  await mark(kubernetes, node, "true", true);
}

/** Whether this program has cordoned the node. */
export async function isCordonedByUs(kubernetes: Kubernetes, node: string): Promise<boolean> {
  const found = await kubernetes.read("v1", "Node", node);
  return found?.metadata?.annotations?.[cordonedBy] !== undefined;
}

/** Takes that back; a node that somebody else has cordoned is left alone. */
export async function uncordon(kubernetes: Kubernetes, node: string): Promise<void> {
  if (await isCordonedByUs(kubernetes, node)) await mark(kubernetes, node, null, null);
}

/** Sets the mark together with what it stands for; null takes both away. */
async function mark(
  kubernetes: Kubernetes,
  name: string,
  by: "true" | null,
  unschedulable: true | null,
): Promise<void> {
  const node = { apiVersion: "v1", kind: "Node", metadata: { name } };
  const change = { metadata: { annotations: { [cordonedBy]: by } }, spec: { unschedulable } };
  await kubernetes.change(node, change);
}

/**
 * Evicts the pods of a node that will run elsewhere then. Those that belong to the node (DaemonSets, static pods) stay, and
 * those that belong to nobody: an eviction would delete them for good, a reboot only starts them again, which is why
 * Talos' own drain leaves them too. Source: siderolabs/talos v1.12.0 pkg/kubernetes/kubernetes.go, Drain.
 * @throws StepError naming the pods that could not be evicted, and the API server's reason
 */
export async function drain(
  step: Step,
  kubernetes: Kubernetes,
  node: string,
  seconds: number,
): Promise<void> {
  const asked = new Set<string>();
  const staying = new Set<string>();
  let total = 0;
  await step.waitFor(
    {
      what: `${node}: all pods evicted`,
      timeoutSeconds: seconds,
      todo: `nothing has been changed on the machine; look at: kubectl get poddisruptionbudgets -A; let the pod go, then run pulumi up again`,
    },
    async () => {
      // Only this node's: the list of all pods of a cluster costs its API server megabytes each time.
      const found = await kubernetes.list("v1", "Pod", undefined, `spec.nodeName=${node}`);
      const pods = found.filter((pod) => runsOn(pod, node));
      for (const name of pods.filter((pod) => ownerOf(pod) === undefined).map(nameOf)) {
        if (!staying.has(name))
          step.say(`${node}: ${name} belongs to nothing that would start it elsewhere, and stays`);
        staying.add(name);
      }
      const left = pods.filter((pod) => !["DaemonSet", undefined].includes(ownerOf(pod)));
      total = Math.max(total, left.length);
      if (left.length === 0) return done();
      const refusals = await Promise.all(left.map((pod) => evict(kubernetes, pod, asked)));
      const why =
        refusals.find((refusal) => refusal !== undefined) ?? `waiting for ${someOf(left.map(nameOf))} to end`;
      const gone = `${String(total - left.length)} of ${String(total)} pods gone`;
      return notYet(`${node}: draining, ${gone}; ${why}`);
    },
  );
}

/** A machine has dozens, and each look that finds fewer is a line. */
function someOf(names: readonly string[], shown = 3): string {
  const more = names.length - shown;
  return more <= 1 ? names.join(", ") : `${names.slice(0, shown).join(", ")} and ${String(more)} more`;
}

function runsOn(pod: KubeObject, node: string): boolean {
  if (pod.spec?.["nodeName"] !== node) return false;
  if (pod.metadata?.annotations?.["kubernetes.io/config.mirror"] !== undefined) return false;
  return !["Succeeded", "Failed"].includes(String(pod.status?.["phase"]));
}

/** Kind of what would make the pod anew. */
function ownerOf(pod: KubeObject): string | undefined {
  return pod.metadata?.ownerReferences?.find(({ controller }) => controller === true)?.kind;
}

function nameOf({ metadata }: KubeObject): string {
  return `${metadata?.namespace ?? ""}/${metadata?.name ?? ""}`;
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
  const text = refusal && `${nameOf(pod)} cannot be evicted: ${refusal.reason}`;
  if (text === undefined) asked.add(uid);
  else if (!refusal?.retry)
    throw new StepError(text, "nothing has been changed on the machine; fix that, then run pulumi up again");
  return text;
}
