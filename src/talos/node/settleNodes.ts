// Brings Nodes to what the stack config declares of them, and says what stays otherwise.
import type { Kubernetes, KubeObject } from "../../steps/kubernetes.ts";
import type { Step } from "../../steps/step.ts";
import { StepError } from "../../steps/stepError.ts";
import { done, notYet } from "../../steps/wait.ts";
import { describeDifference, differences, type DeclaredNode, type Difference } from "./differences.ts";
import { forbiddenChange } from "./ownership.ts";

/** How long to wait for a Node. */
interface Patience {
  /** Seconds for what Talos or the program may still set. */
  readonly settleSeconds: number;
  /** Seconds for what only somebody else could change: whoever does so just now. */
  readonly theirsSeconds: number;
}

/** Talos tries again after pauses that grow to a minute. */
const defaultPatience: Patience = { settleSeconds: 180, theirsSeconds: 10 };

/** A machine with its Node, if it has registered. */
export interface SeenNode {
  readonly declared: DeclaredNode;
  readonly node: KubeObject | undefined;
}

/** All machines with their Nodes, after writing on those that have one what their kubelets may not. */
export async function writeForbidden(
  kubernetes: Kubernetes,
  machines: readonly DeclaredNode[],
): Promise<readonly SeenNode[]> {
  const nodes = new Map((await kubernetes.list("v1", "Node")).map((node) => [node.metadata?.name, node]));
  return Promise.all(
    machines.map(async (declared) => {
      const node = nodes.get(declared.name);
      const change = node === undefined ? undefined : forbiddenChange(node, declared);
      if (node === undefined || change === undefined) return { declared, node };
      // Refused when the Node has changed since it was read: then the next look decides anew.
      await kubernetes.change(node, change).catch((error: unknown) => {
        throw new Error(
          `${declared.name}: its labels and taints cannot be written: ${error instanceof Error ? error.message : String(error)}`,
        );
      });
      return { declared, node: await kubernetes.read("v1", "Node", declared.name) };
    }),
  );
}

/**
 * Waits until every Node shows what is declared of it.
 * @throws StepError that names machine, what, declared and found, for each difference that lasts
 */
export async function settleNodes(
  step: Step,
  kubernetes: Kubernetes,
  machines: readonly DeclaredNode[],
  { settleSeconds, theirsSeconds } = defaultPatience,
): Promise<void> {
  const begun = Date.now();
  const lasting = await step.waitFor(
    {
      what: "every Node as its machine's config says",
      timeoutSeconds: settleSeconds + 60,
      todo: "look at: kubectl get nodes --show-labels; then run pulumi up again",
    },
    async () => {
      const found = (await writeForbidden(kubernetes, machines)).flatMap(({ declared, node }) => {
        if (node === undefined) throw new Error(`${declared.name} has no Node any more`);
        return differences(node, declared).map((difference) => ({ name: declared.name, difference }));
      });
      const patience = found.some(({ difference }) => !difference.theirs) ? settleSeconds : theirsSeconds;
      const isOver = Date.now() >= begun + patience * 1000;
      return found.length === 0 || isOver ? done(found) : notYet(described(found));
    },
  );
  if (lasting.length === 0) return;
  const todos = new Set(lasting.map(({ difference }) => difference.todo));
  throw new StepError(
    `not as declared: ${described(lasting)}`,
    [...todos, "then run pulumi up again"].join("; "),
  );
}

function described(found: readonly { readonly name: string; readonly difference: Difference }[]): string {
  return found.map(({ name, difference }) => describeDifference(name, difference)).join("; ");
}
