// Waits until every machine of the stack config is a Ready node of the cluster that takes pods, with the labels, annotations,
// taints and address that are declared. Writes on a Node what its kubelet may not.
import type { InputOf } from "../../steps/contract.ts";
import { Kubernetes } from "../../steps/kubernetes.ts";
import type { Step } from "../../steps/step.ts";
import { done, notYet } from "../../steps/wait.ts";
import { settleNodes, writeForbidden } from "../../talos/node/settleNodes.ts";
import { nodeProblem } from "../nodeProblem.ts";
import { nodesSeconds, type waitForNodes as contract } from "../contracts.ts";

/** @throws StepError naming the nodes that are not Ready in time */
export async function waitForNodes(
  step: Step,
  { nodes, kubeconfigText }: InputOf<typeof contract>,
  { kubernetes = new Kubernetes(kubeconfigText, step) } = {},
): Promise<string> {
  await step.waitFor(
    {
      what: "all nodes Ready",
      timeoutSeconds: nodesSeconds,
      todo: "look at: kubectl get nodes -o wide; kubectl describe nodes; kubectl -n kube-system get pods -l k8s-app=cilium",
    },
    async () => {
      // As soon as a node is there: a taint is to keep pods away from the beginning.
      const found = await writeForbidden(kubernetes, nodes);
      const missing = found.flatMap(({ declared, node }) => nodeProblem(declared.name, node) ?? []);
      return missing.length === 0 ? done() : notYet(missing.join("; "));
    },
  );
  await settleNodes(step, kubernetes, nodes);
  return `all ${nodes.length} nodes are Ready`;
}
