// Waits until every machine of the stack config is a Ready node of the cluster that takes pods, with the labels, annotations,
// taints and address that are declared. Writes on a Node what its kubelet may not.
import { Kubernetes } from "../../steps/kubernetes.ts";
import { runStep } from "../../steps/step.ts";
import { done, notYet } from "../../steps/wait.ts";
import type { DeclaredNode } from "../../talos/node/differences.ts";
import { settleNodes, writeForbidden } from "../../talos/node/settleNodes.ts";
import { nodeProblem } from "../nodeProblem.ts";

const timeoutSeconds = 900;

await runStep({ name: "wait for the nodes", timeoutSeconds: timeoutSeconds + 300 }, async (step) => {
  const kubernetes = new Kubernetes(step.secret("KUBECONFIG_TEXT"), undefined, step.signal);
  const machines = step.json<readonly DeclaredNode[]>("NODES");
  await step.waitFor(
    {
      what: "all nodes Ready",
      timeoutSeconds,
      todo: "look at: kubectl get nodes -o wide; kubectl describe nodes; kubectl -n kube-system get pods -l k8s-app=cilium",
    },
    async () => {
      // As soon as a node is there: a taint is to keep pods away from the beginning.
      const missing = (await writeForbidden(kubernetes, machines)).flatMap(
        ({ declared, node }) => nodeProblem(declared.name, node) ?? [],
      );
      return missing.length === 0 ? done() : notYet(missing.join("; "));
    },
  );
  await settleNodes(step, kubernetes, machines);
  return `all ${String(machines.length)} nodes are Ready`;
});
