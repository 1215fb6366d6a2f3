// The machines of a stack as machines of a lab: one for every address that the stack has before the bump or after it. Pure.
import type { LabLayout, LabShape } from "../../lab/layout.ts";
import type { StackNode, StackValues } from "./stackFile.ts";

/** A machine of the rehearsal. */
interface RehearsalMachine {
  /** Name in the lab: the one in the stack config, which the report uses too. */
  readonly name: string;
  readonly address: string;
  /** A spare is not in the stack before the bump: it waits in maintenance mode. */
  readonly role: "controlplane" | "worker" | "spare";
}

/** All machines, those that run before the bump first. */
export function machinesOf(from: StackValues, to: StackValues): readonly RehearsalMachine[] {
  const before = livingNodes(from);
  const known = new Set(before.map(({ address }) => address));
  const added = livingNodes(to).filter(({ address }) => !known.has(address));
  const names = new Set(before.map(({ name }) => name));
  return [
    ...before.map(({ name, address, role }) => ({ name, address, role })),
    ...added.map(({ name, address }) => ({
      // New hardware under an old name.
      name: names.has(name) ? `${name}-new` : name,
      address,
      role: "spare" as const,
    })),
  ];
}

/** Names of machines that die between the two: there before the bump, `gone` after it. */
export function dyingMachines(from: StackValues, to: StackValues): readonly string[] {
  const before = new Set(livingNodes(from).map(({ address }) => address));
  return to.nodes.filter(({ gone, address }) => gone === true && before.has(address)).map(({ name }) => name);
}

/** Machines that are dead before the bump begins have no part in it. */
export function livingNodes({ nodes }: StackValues): readonly StackNode[] {
  return nodes.filter(({ gone }) => gone !== true);
}

/** The nodes of the stack config after the bump, without those that were dead before it. */
export function nodesAfter(from: StackValues, to: StackValues): readonly StackNode[] {
  const dying = dyingMachines(from, to);
  return to.nodes.filter(({ name, gone }) => gone !== true || dying.includes(name));
}

/** The machines for the lab. */
export function shapeOf(machines: readonly RehearsalMachine[]): LabShape["machines"] {
  return machines.map(({ name, role }) => ({ name, role }));
}

/** Addresses in the lab by addresses in the stack config. */
export function addressesIn(
  layout: Pick<LabLayout, "machines">,
  machines: readonly RehearsalMachine[],
): ReadonlyMap<string, string> {
  return new Map(
    machines.map(({ name, address }) => {
      const found = layout.machines.find((machine) => machine.name === name);
      if (found === undefined) throw new Error(`the lab has no machine ${name}`);
      return [address, found.address];
    }),
  );
}
