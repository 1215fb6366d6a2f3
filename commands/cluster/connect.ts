// The cluster that a command is about: that of a stack, as the stack's own state has it, or of a kubeconfig that is named.
// Never the one that KUBECONFIG or ~/.kube/config happens to point at: people have several.
import { readFileSync } from "node:fs";
import { readReached } from "../../src/config/reached.ts";
import { Kubernetes } from "../../src/steps/kubernetes.ts";
import type { Redactor } from "../../src/steps/redact.ts";
import { exportStackInClear, kubeconfigOf, resourcesOf, stackOf, type StackState } from "../pulumi/state.ts";
import { messageOf, StepError } from "../../src/steps/stepError.ts";

/** Options of every command that talks to a cluster, for parseArgs. */
export const clusterOptions = {
  stack: { type: "string", short: "s" },
  kubeconfig: { type: "string" },
} as const;

/** Their part of a help text. */
export const clusterHelp = `  --stack NAME        another stack than the selected one; its state holds the kubeconfig
  --kubeconfig FILE   a kubeconfig instead, where there is no state at hand; KUBECONFIG is not looked at, because it may mean
                      another cluster
  --help              print this`;

/** Which cluster is meant. */
export interface ClusterChoice {
  readonly stack?: string | undefined;
  readonly kubeconfig?: string | undefined;
}

/** A cluster to talk to. */
export interface Cluster {
  readonly name: string;
  readonly stack?: string | undefined;
  readonly kubernetes: Kubernetes;
  /** Addresses of the control planes as far as the state has them, by name. */
  readonly controlPlanes: Readonly<Record<string, string>>;
}

/** Connects; nothing is asked of the cluster yet. @throws StepError when there is no kubeconfig, which the redactor learns */
export function connect(choice: ClusterChoice, redactor: Redactor, answerMs?: number): Cluster {
  const { kubeconfig, ...found } = choice.kubeconfig === undefined ? ofStack(choice) : ofFile(choice);
  redactor.learn(kubeconfig);
  return { ...found, kubernetes: new Kubernetes(kubeconfig, { answerMs }) };
}

type Credentials = Omit<Cluster, "kubernetes"> & { readonly kubeconfig: string };

function ofFile({ kubeconfig: file = "" }: ClusterChoice): Credentials {
  try {
    return { name: file, kubeconfig: readFileSync(file, "utf8"), controlPlanes: {} };
  } catch (error) {
    throw new StepError(`${file} cannot be read: ${messageOf(error)}`);
  }
}

function ofStack(choice: ClusterChoice): Credentials {
  const stack = choice.stack ?? stackOf([]);
  const state = exportStackInClear(stack);
  const kubeconfig = kubeconfigOf(state);
  if (kubeconfig === undefined || kubeconfig === "")
    throw new StepError(
      `stack ${stack} has no cluster yet`,
      "npm run up makes it; another one: --stack NAME or --kubeconfig FILE",
    );
  return { name: `stack ${stack}`, stack, kubeconfig, controlPlanes: controlPlanesOf(state) };
}

/** Those that are there. */
function controlPlanesOf(state: StackState): Readonly<Record<string, string>> {
  const [stack] = resourcesOf(state, "pulumi:pulumi:Stack");
  const { machines = [] } = readReached(stack?.outputs ?? {});
  return Object.fromEntries(
    machines
      .filter(({ role, gone }) => role === "controlplane" && !gone)
      .map(({ name, address }) => [name, address]),
  );
}
