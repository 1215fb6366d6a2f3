// What a failed run leaves unsaid: Helm's errors name neither what runs now nor what to do, the Talos provider's neither the
// machine nor the way out.
import type { ConfiguredMachine } from "../src/config/configuredMachines.ts";
import { Kubernetes } from "../src/steps/kubernetes.ts";
import { whyUnreachable } from "../src/talos/identity/whyUnreachable.ts";
import { runningCilium } from "../src/talos/kubernetes/runningCilium.ts";
import { pulumi } from "./pulumi/cli.ts";
import {
  exportStack,
  exportStackInClear,
  kubeconfigOf,
  resourcesOf,
  type StateResource,
} from "./pulumi/state.ts";
import { releaseType } from "./recover/helm.ts";
import { isInMaintenance, machinesIn } from "./recover/machines.ts";

/** Lines to print after a run that failed; none when nothing is known beyond what Pulumi said. */
export async function explainFailure(stack: string): Promise<readonly string[]> {
  const release = resourcesOf(exportStack(stack), releaseType).find(
    ({ initErrors = [] }) => initErrors.length > 0,
  );
  if (release === undefined) return [];
  const kubeconfig = kubeconfigOf(exportStackInClear(stack));
  const running =
    kubeconfig === undefined
      ? undefined
      : await runningCilium(new Kubernetes(kubeconfig)).catch(() => undefined);
  return describeRelease(release, running);
}

/** What happened to Cilium and what to do. Pure. Source of the phrases: helm.sh/helm v3 pkg/action/upgrade.go, failRelease. */
export function describeRelease(
  { inputs, outputs, initErrors = [] }: StateResource,
  running: string | undefined,
): readonly string[] {
  // Of a failed update the engine keeps the old inputs, and what the provider says beside its error as outputs.
  const said = (key: string): string => String(outputs?.[key] ?? inputs?.[key] ?? "?");
  const [wanted, seconds] = [said("version"), said("timeout")];
  const errors = initErrors.join(" ");
  const todo =
    "  → look at: kubectl -n kube-system get events,pods -l app.kubernetes.io/part-of=cilium; fix that, then run npm run up again";
  if (errors.includes("has been rolled back"))
    return [
      `Cilium ${wanted} was not ready after ${seconds} s: Helm has rolled it back, and ${running ?? "what ran before"} runs`,
      `${todo}, which tries ${wanted} once more; or take versions.cilium and its values back`,
    ];
  const known = running ?? "an unknown version";
  return [
    errors.includes("while rolling back")
      ? `Cilium ${wanted} was not ready after ${seconds} s, and going back failed as well: the agents are of ${known}`
      : `Cilium ${wanted} is not ready after ${seconds} s; it was left as it is, ${known} is installed`,
    todo,
  ];
}

const connectMs = 2_000;

/** A machine that is still to be wiped, and what is there. */
interface Unwiped extends ConfiguredMachine {
  /** Why it does not answer; undefined when it does. */
  readonly unreachable?: string | undefined;
  readonly isInMaintenance: boolean;
}

/** Lines to print after an `up` or a `destroy` that failed; none when no machine was to be wiped. */
export async function explainMachines(stack: string, verb: string): Promise<readonly string[]> {
  const asked = verb === "destroy" ? [] : namesIn(stack);
  const left = machinesIn(exportStack(stack)).filter(
    ({ name, isMember }) => !isMember && !asked.includes(name),
  );
  const unwiped = left.map(async (machine): Promise<Unwiped> => {
    const unreachable = await whyUnreachable(machine.address, connectMs);
    return { ...machine, unreachable, isInMaintenance: await isInMaintenance(machine.address) };
  });
  return describeUnwiped(await Promise.all(unwiped), verb);
}

/** What is still to be wiped and what to do. Pure. */
export function describeUnwiped(machines: readonly Unwiped[], verb: string): readonly string[] {
  return machines.flatMap(({ name, address, unreachable, isInMaintenance: isWiped }) => {
    const again = `npm run ${verb} again`;
    const [what, todo] = isWiped
      ? [
          "in maintenance mode: there is nothing to wipe any more",
          `${again}, which makes the state forget it first`,
        ]
      : unreachable === undefined
        ? [
            "still to be wiped; it answers",
            `${again}; when it fails at ${name} again, switch that off for good, then: npm run recover -- --gone ${name}`,
          ]
        : [
            `still to be wiped, and does not answer: ${unreachable}`,
            `switch it on, then ${again}; if its hardware is dead: npm run recover -- --gone ${name}, then ${again}`,
          ];
    return [`${name} (${address}) is ${what}`, `  → ${todo}`];
  });
}

/** Names of the machines that the stack config asks for, as far as it can be read. */
function namesIn(stack: string): readonly string[] {
  const nodes = JSON.parse(pulumi(["config", "get", "home-ops:nodes", "--stack", stack])) as unknown;
  return (nodes as readonly { readonly name?: string }[]).flatMap(({ name }) => name ?? []);
}
