// Waits until every machine of the stack config is a Ready node of the cluster.
import { conditionOf, Kubernetes, type KubeObject } from "../../steps/kubernetes.ts";
import { runStep } from "../../steps/step.ts";
import { done, notYet } from "../../steps/wait.ts";
import type { Machine } from "../../talos/inspect.ts";

const timeoutSeconds = 900;

await runStep({ name: "wait for the nodes", timeoutSeconds: timeoutSeconds + 30 }, async (step) => {
  const kubernetes = new Kubernetes(step.secret("KUBECONFIG_TEXT"), undefined, step.signal);
  const machines = step.json<readonly Machine[]>("NODES");
  await step.waitFor(
    {
      what: "all nodes Ready",
      timeoutSeconds,
      todo: "look at: kubectl get nodes -o wide; kubectl -n kube-system get pods -l k8s-app=cilium",
    },
    async () => {
      const nodes = new Map((await kubernetes.list("v1", "Node")).map((node) => [node.metadata?.name, node]));
      const missing = machines.flatMap((machine) => whatIsMissing(machine, nodes.get(machine.name)));
      return missing.length === 0 ? done() : notYet(missing.join("; "));
    },
  );
  return `all ${String(machines.length)} nodes are Ready`;
});

function whatIsMissing(machine: Machine, node: KubeObject | undefined): readonly string[] {
  if (node === undefined) return [`${machine.name} has not registered`];
  const ready = conditionOf(node, "Ready");
  return ready?.status === "True"
    ? []
    : [`${machine.name} is NotReady: ${ready?.message ?? "no status yet"}`];
}
