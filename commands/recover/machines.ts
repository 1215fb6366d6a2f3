// Machines that the state still has and that have nothing to be wiped any more, or nobody who could do it: the delete of
// their config would fail for ever. A machine in maintenance mode refuses the reset, a dead one does not answer.
import type * as talos from "@pulumiverse/talos";
import { configuredMachines, type ConfiguredMachine } from "../../src/config/configuredMachines.ts";
import { run } from "../../src/steps/run.ts";
import { withTalosctl } from "../../src/steps/talosctl.ts";
import { classify } from "../../src/talos/machine/inspect.ts";
import { ask, type Answer } from "../../src/talos/identity/ask.ts";
import { whyUnreachable } from "../../src/talos/identity/whyUnreachable.ts";
import { talosconfig } from "../../src/talos/talosconfig.ts";
import {
  exportStack,
  exportStackInClear,
  importStack,
  plainOf,
  resourcesOf,
  type StackState,
} from "../pulumi/state.ts";
import { withoutResources } from "./stateEdit.ts";
import { StepError } from "../../src/steps/stepError.ts";

const connectMs = 2_000;
const talosctlSeconds = 8;

/** Machines with a config in an exported state. */
export function machinesIn(state: StackState): readonly ConfiguredMachine[] {
  return configuredMachines(
    Object.fromEntries(resourcesOf(state).map((resource) => [resource.urn, resource])),
  );
}

/**
 * Makes the state forget machines that are in maintenance mode: those whose removal has failed after they had left, and on
 * the way to a destroy all of them. One that is asked for is then sent its config by `up`.
 */
export async function forgetWiped(
  stack: string,
  state: StackState,
  verb: string,
): Promise<readonly string[]> {
  const candidates = machinesIn(state).filter(({ isMember }) => !isMember || verb === "destroy");
  const wiped = await Promise.all(candidates.map(async ({ address }) => isInMaintenance(address)));
  const forgotten = candidates.filter((_, at) => wiped[at]);
  if (forgotten.length > 0) forget(stack, exportStack(stack), forgotten);
  return forgotten.map(
    ({ name, address }) =>
      `${name} (${address}) is in maintenance mode, so there is nothing to wipe: the state has forgotten it`,
  );
}

/** Makes the state forget a machine whose hardware is dead. @throws StepError when it is still a member, or it answers */
export async function forgetGone(stack: string, name: string): Promise<string> {
  const state = exportStack(stack);
  const all = machinesIn(state);
  const machine = all.find((found) => found.name === name);
  if (machine === undefined)
    throw new StepError(
      `stack ${stack} has no machine ${name} (it has ${all.map((found) => found.name).join(", ") || "none"}): nothing to forget`,
    );
  if (machine.isMember)
    throw new StepError(
      `${name} is a machine of the cluster: its Node and its etcd member would stay for ever`,
      "set gone: true on it in the stack config and run npm run up, which removes them; on the way to a destroy run npm run destroy first",
    );
  refuseAlive(machine, await answerOf(stack, machine));
  forget(stack, state, [machine]);
  return `the state has forgotten ${name} (${machine.address}): nothing is sent to it any more`;
}

function refuseAlive({ name, address }: ConfiguredMachine, answer: Answer): void {
  if (answer.is !== "member" || ![undefined, name].includes(answer.name)) return;
  throw new StepError(
    `${name} answers at ${address}: it still has this cluster's keys and data`,
    `run npm run up or npm run destroy again, which wipes it; or switch it off for good, then say --gone ${name}`,
  );
}

/** Whether a machine waits for a config. Asked without a certificate: only maintenance mode answers that. */
export async function isInMaintenance(address: string): Promise<boolean> {
  if ((await whyUnreachable(address, connectMs)) !== undefined) return false;
  const insecure = await run(
    "talosctl",
    ["--nodes", address, "--endpoints", address, "version", "--insecure"],
    { timeoutSeconds: talosctlSeconds, signal: new AbortController().signal },
  );
  const trusted = { code: 1, stdout: "", stderr: "" };
  return classify({ trusted, insecure }) === "maintenance";
}

async function answerOf(stack: string, machine: ConfiguredMachine): Promise<Answer> {
  const why = await whyUnreachable(machine.address, connectMs);
  if (why !== undefined) return { is: "unreachable", why };
  const text = talosconfigOf(exportStackInClear(stack));
  return withTalosctl(text, (talosctl) => ask(talosctl, machine, connectMs));
}

/** An admin talosconfig out of an export in clear, without addresses. @throws StepError when it has no machine secrets */
export function talosconfigOf(state: StackState): string {
  const [secrets] = resourcesOf(state, "talos:machine/secrets:Secrets");
  const client = secrets?.outputs?.["clientConfiguration"];
  if (client === undefined)
    throw new StepError("the state has no machine secrets, so no machine is of this stack");
  return talosconfig("home-ops", [], [], plainOf(client) as talos.types.output.machine.ClientConfiguration);
}

/** Its config, and its step where it has one; everything else of it does nothing when it is deleted. */
function forget(stack: string, state: StackState, machines: readonly ConfiguredMachine[]): void {
  const names = machines.flatMap(({ name }) => [`talos-${name}-config`, `talos-${name}-member`]);
  const urns = resourcesOf(state)
    .map(({ urn }) => urn)
    .filter((urn) => names.includes(urn.split("::").at(-1) ?? ""));
  importStack(stack, withoutResources(state, urns));
}
