// What a failed run leaves unsaid: Helm's errors name neither what runs now nor what to do.
import { Kubernetes } from "../src/steps/kubernetes.ts";
import { runningCilium } from "../src/talos/kubernetes/runningCilium.ts";
import { stackOf } from "./recover/recover.ts";
import { exportStack, exportStackInClear, kubeconfigOf, type StateResource } from "./recover/state.ts";

const releaseType = "kubernetes:helm.sh/v3:Release";

/** Lines to print after a run that failed; none when nothing is known beyond what Pulumi said. */
export async function explainFailure(args: readonly string[]): Promise<readonly string[]> {
  const stack = stackOf(args);
  const release = exportStack(stack).deployment.resources?.find(
    ({ type, initErrors = [] }) => type === releaseType && initErrors.length > 0,
  );
  if (release === undefined) return [];
  const kubeconfig = kubeconfigOf(exportStackInClear(stack));
  const running =
    kubeconfig === undefined
      ? undefined
      : await runningCilium(new Kubernetes(kubeconfig)).catch(() => undefined);
  return describeRelease(release, running);
}

/**
 * What happened to Cilium and what to do. Pure. Source of the phrases: helm.sh/helm v3 pkg/action/upgrade.go, failRelease.
 * @param running version of the agents, as far as the cluster says it
 */
export function describeRelease(
  { inputs, outputs, initErrors = [] }: StateResource,
  running: string | undefined,
): readonly string[] {
  // Of a failed update the engine keeps the old inputs, and what the provider says beside its error as outputs.
  const said = (key: string): string => String(outputs?.[key] ?? inputs?.[key] ?? "?");
  const [wanted, seconds] = [said("version"), said("timeout")];
  const errors = initErrors.join(" ");
  const look = "look at: kubectl -n kube-system get events,pods -l app.kubernetes.io/part-of=cilium";
  const again = "fix that, then run npm run up again";
  if (errors.includes("has been rolled back"))
    return [
      `Cilium ${wanted} was not ready after ${seconds} s: Helm has rolled it back, and ${running ?? "what ran before"} runs`,
      `  → ${look}; ${again}, which tries ${wanted} once more; or take versions.cilium and its values back`,
    ];
  if (errors.includes("while rolling back"))
    return [
      `Cilium ${wanted} was not ready after ${seconds} s, and going back failed as well: the agents are of ${running ?? "an unknown version"}`,
      `  → ${look}; ${again}`,
    ];
  return [
    `Cilium ${wanted} is not ready after ${seconds} s; it was left as it is, ${running ?? "an unknown version"} is installed`,
    `  → ${look}; ${again}`,
  ];
}
