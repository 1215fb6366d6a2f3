// Waits until every machine of the stack config is a Ready node of the cluster that takes pods.
import { Kubernetes } from "../../steps/kubernetes.ts";
import { runStep } from "../../steps/step.ts";
import { done, notYet } from "../../steps/wait.ts";
import type { Machine } from "../../talos/inspect.ts";
import { nodeProblem } from "../nodeProblem.ts";

const timeoutSeconds = 900;

await runStep({ name: "wait for the nodes", timeoutSeconds: timeoutSeconds + 30 }, async (step) => {
  const kubernetes = new Kubernetes(step.secret("KUBECONFIG_TEXT"), undefined, step.signal);
  const machines = step.json<readonly Machine[]>("NODES");
  await step.waitFor(
    {
      what: "all nodes Ready",
      timeoutSeconds,
      todo: "look at: kubectl get nodes -o wide; kubectl describe nodes; kubectl -n kube-system get pods -l k8s-app=cilium",
    },
    async () => {
      const nodes = new Map((await kubernetes.list("v1", "Node")).map((node) => [node.metadata?.name, node]));
      const missing = machines.flatMap(({ name }) => nodeProblem(name, nodes.get(name)) ?? []);
      return missing.length === 0 ? done() : notYet(missing.join("; "));
    },
  );
  return `all ${String(machines.length)} nodes are Ready`;
});
