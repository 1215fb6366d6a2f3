// What a failed removal or destroy leaves unsaid: the provider names neither the machine nor the way out.
import type { ConfiguredMachine } from "../src/config/configuredMachines.ts";
import { whyUnreachable } from "../src/talos/identity/whyUnreachable.ts";
import { pulumi } from "./pulumiCli.ts";
import { isInMaintenance, machinesIn } from "./recover/machines.ts";
import { exportStack } from "./recover/state.ts";

const connectMs = 2_000;

/** A machine that is still to be wiped, and what is there. */
export interface Unwiped extends ConfiguredMachine {
  /** Why it does not answer; undefined when it does. */
  readonly unreachable?: string | undefined;
  readonly isInMaintenance: boolean;
}

/**
 * Lines to print after an `up` or a `destroy` that failed; none when no machine was to be wiped.
 * @param verb `up` or `destroy`
 */
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
    if (isWiped)
      return [
        `${name} (${address}) is in maintenance mode: there is nothing to wipe any more`,
        `  → npm run ${verb} again, which makes the state forget it first`,
      ];
    if (unreachable === undefined)
      return [
        `${name} (${address}) is still to be wiped; it answers`,
        `  → npm run ${verb} again; when it fails at ${name} again, switch that off for good, then: npm run recover -- --gone ${name}`,
      ];
    return [
      `${name} (${address}) is still to be wiped, and does not answer: ${unreachable}`,
      `  → switch it on, then npm run ${verb} again; if its hardware is dead: npm run recover -- --gone ${name}, then npm run ${verb} again`,
    ];
  });
}

/** Names of the machines that the stack config asks for, as far as it can be read. */
function namesIn(stack: string): readonly string[] {
  const nodes = JSON.parse(pulumi(["config", "get", "home-ops:nodes", "--stack", stack])) as readonly {
    readonly name?: string;
  }[];
  return nodes.flatMap(({ name }) => name ?? []);
}
