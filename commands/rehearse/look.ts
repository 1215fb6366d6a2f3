// Looks at the rehearsal's cluster: its machines, its nodes, and whether everything in the tree is Ready.
import { readFileSync } from "node:fs";
import { kubeconfigFile } from "../../lab/access.ts";
import type { LabLayout } from "../../lab/layout.ts";
import { callLab } from "../../lab/supervisor/control.ts";
import type { LabStatus } from "../../lab/supervisor/status.ts";
import { readiness } from "../../src/flux/ready.ts";
import { newRequest, request } from "../../src/flux/request.ts";
import { isSuspended, nameOf } from "../../src/flux/suspension.ts";
import { isOfTheTree } from "../../src/flux/treeReadiness.ts";
import { Kubernetes } from "../../src/steps/kubernetes.ts";
import { StepError } from "../../src/steps/stepError.ts";
import { done, notYet, waitFor } from "../../src/steps/wait.ts";
import { addressOf } from "../doctor/cluster/nodes.ts";
import { gatherFlux } from "../flux/kinds.ts";
import type { RunOptions } from "./labRun.ts";
import type { MachineFacts } from "./report.ts";

/** What Flux needs after a push, without anything that could go wrong: seconds. What takes longer does not come right by itself. */
const treeSeconds = 300;

/** All machines of the lab, by name. */
export async function lookAtMachines(layout: LabLayout): Promise<ReadonlyMap<string, MachineFacts>> {
  const { machines } = await callLab<LabStatus>(layout, "status");
  const nodes = await kubernetesOf(layout).list("v1", "Node");
  return new Map(
    machines.map(({ name, address, talos, bootId, state }) => {
      const node = nodes.find((candidate) => addressOf(candidate) === address);
      const info = node?.status?.["nodeInfo"] as { kubeletVersion?: string } | undefined;
      return [name, { talos, bootId, state, kubelet: info?.kubeletVersion }];
    }),
  );
}

/** What the tree looked like when it was waited for. */
interface TreeState {
  readonly ready: number;
  readonly waiting: readonly string[];
}

/** Lets Flux fetch the tree now, and waits until everything in it is Ready at that commit. Never throws for what is not. */
export async function treeReady(
  layout: LabLayout,
  commit: string,
  { signal, say }: RunOptions,
): Promise<TreeState> {
  const kubernetes = kubernetesOf(layout);
  const metadata = { name: "home-cluster", namespace: "flux-system" };
  const source = { apiVersion: "source.toolkit.fluxcd.io/v1", kind: "GitRepository", metadata };
  await request(kubernetes, source, newRequest());
  let seen: TreeState = { ready: 0, waiting: ["nothing of the tree was seen"] };
  try {
    await waitFor(
      { what: "everything in the tree", timeoutSeconds: treeSeconds, todo: "look at it", signal, say },
      async () => {
        seen = await lookAtTree(kubernetes, commit);
        const [first] = seen.waiting;
        return first === undefined ? done() : notYet(first);
      },
    );
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
  }
  return seen;
}

async function lookAtTree(kubernetes: Kubernetes, commit: string): Promise<TreeState> {
  const objects = (await gatherFlux(kubernetes)).filter((object) => !isSuspended(object));
  const isCommit = (revision: string): boolean => revision.endsWith(`@sha1:${commit}`);
  const waiting = objects.flatMap((object) => {
    const name = nameOf(object);
    // The tree's GitRepository and whatever is applied from it must be at the new commit.
    const ofTree = name === "GitRepository flux-system/home-cluster" || isOfTheTree(object);
    const seen = readiness(object, { name, ...(ofTree ? { revision: isCommit } : {}) });
    return seen.done ? [] : [seen.missing];
  });
  return { ready: objects.length - waiting.length, waiting };
}

function kubernetesOf(layout: LabLayout): Kubernetes {
  return new Kubernetes(readFileSync(kubeconfigFile(layout), "utf8"));
}
