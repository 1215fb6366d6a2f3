// Waits until every machine of the stack config is a Ready node of the cluster, with the labels, annotations, taints and
// address that are declared. Writes on a Node what its kubelet may not.
import { conditionOf, Kubernetes } from "../../steps/kubernetes.ts";
import { runStep } from "../../steps/step.ts";
import { done, notYet } from "../../steps/wait.ts";
import type { DeclaredNode } from "../../talos/node/differences.ts";
import { settleNodes, writeForbidden, type SeenNode } from "../../talos/node/settleNodes.ts";

const timeoutSeconds = 900;

await runStep({ name: "wait for the nodes", timeoutSeconds: timeoutSeconds + 300 }, async (step) => {
  const kubernetes = new Kubernetes(step.secret("KUBECONFIG_TEXT"));
  const machines = step.json<readonly DeclaredNode[]>("NODES");
  await step.waitFor(
    {
      what: "all nodes Ready",
      timeoutSeconds,
      todo: "look at: kubectl get nodes -o wide; kubectl -n kube-system get pods -l k8s-app=cilium",
    },
    async () => {
      // As soon as a node is there: a taint is to keep pods away from the beginning.
      const missing = (await writeForbidden(kubernetes, machines)).flatMap(whatIsMissing);
      return missing.length === 0 ? done() : notYet(missing.join("; "));
    },
  );
  await settleNodes(step, kubernetes, machines);
  return `all ${String(machines.length)} nodes are Ready`;
});

function whatIsMissing({ declared, node }: SeenNode): readonly string[] {
  if (node === undefined) return [`${declared.name} has not registered`];
  const ready = conditionOf(node, "Ready");
  return ready?.status === "True"
    ? []
    : [`${declared.name} is NotReady: ${ready?.message ?? "no status yet"}`];
}
