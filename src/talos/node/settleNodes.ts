// Brings Nodes to what the stack config declares of them, and says what stays otherwise.
import type { Kubernetes, KubeObject } from "../../steps/kubernetes.ts";
import type { Step } from "../../steps/step.ts";
import { messageOf, StepError } from "../../steps/stepError.ts";
import { done, notYet } from "../../steps/wait.ts";
import type { DeclaredNode } from "../contracts.ts";
import { differences } from "./differences.ts";
import { forbiddenChange } from "./ownership.ts";

/** Seconds to wait: for what Talos, which tries again after pauses that grow to a minute, or the program may still set; and for others. */
const patience = { settleSeconds: 180, theirsSeconds: 10 };

/** All machines with their Nodes, if they have registered, after writing on those what their kubelets may not. */
export async function writeForbidden(
  kubernetes: Kubernetes,
  machines: readonly DeclaredNode[],
): Promise<readonly { readonly declared: DeclaredNode; readonly node: KubeObject | undefined }[]> {
  const nodes = new Map((await kubernetes.list("v1", "Node")).map((node) => [node.metadata?.name, node]));
  return Promise.all(
    machines.map(async (declared) => {
      const node = nodes.get(declared.name);
      const change = node && forbiddenChange(node, declared);
      if (node === undefined || change === undefined) return { declared, node };
      // Refused when the Node has changed since it was read: then the next look decides anew.
      await kubernetes.change(node, change).catch((error: unknown) => {
        throw new Error(`${declared.name}: its labels and taints cannot be written: ${messageOf(error)}`);
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
  { settleSeconds, theirsSeconds } = patience,
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
        return differences(node, declared);
      });
      const seconds = found.every(({ theirs }) => theirs) ? theirsSeconds : settleSeconds;
      const isOver = Date.now() >= begun + seconds * 1000;
      return found.length === 0 || isOver ? done(found) : notYet(textOf(found));
    },
  );
  if (lasting.length === 0) return;
  const todos = new Set(lasting.map(({ todo }) => todo));
  throw new StepError(
    `not as declared: ${textOf(lasting)}`,
    [...todos, "then run pulumi up again"].join("; "),
  );
}

function textOf(found: readonly { readonly text: string }[]): string {
  return found.map(({ text }) => text).join("; ");
}
