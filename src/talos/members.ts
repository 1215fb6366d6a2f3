// The machines as members of the cluster: each gets its config, is waited for, and leaves properly when it is removed from
// the stack config.
import type * as pulumi from "@pulumi/pulumi";
import * as talos from "@pulumiverse/talos";
import type { Config, Node } from "../config/config.ts";
import { stepCommand } from "../steps/stepCommand.ts";
import { configHash, type MachinePlan } from "./machine/machinePlan.ts";
import { forgetMachine, removeMachine, settleMachine } from "./contracts.ts";

/** What the steps of members need. */
export interface MembersArgs {
  readonly config: Config;
  /** Admin talosconfig without addresses; secret. */
  readonly credentials: pulumi.Output<string>;
  /** What has to be done before. */
  readonly after: readonly pulumi.Resource[];
  readonly parent: pulumi.Resource;
}

/** Everything else that {@link createMembers} needs. */
export interface CreateMembersArgs extends MembersArgs {
  readonly clientConfiguration: pulumi.Output<talos.types.output.machine.ClientConfiguration>;
  /** Lives as long as the cluster: `destroy` wipes machines without asking them to leave first. */
  readonly anchor: pulumi.Resource;
}

/** Of a machine that is gone the state keeps what it had, and forgets it when the machine is removed from nodes. */
const untouched = { ignoreChanges: ["*"], retainOnDelete: true };

/** Sends configs: control planes one after the other, then the workers, as many at once as may be upgraded at once. */
export function createMembers(name: string, plans: readonly MachinePlan[], args: CreateMembersArgs): void {
  const { upgrades } = args.config;
  const ofRole = (role: Node["role"]): readonly MachinePlan[] =>
    plans.filter(({ node, isGone }) => node.role === role && !isGone);
  let after = args.after;
  for (const plan of ofRole("controlplane")) after = [createMember(name, plan, { ...args, after })];
  // Workers get their certificates from the control planes' trustd, so those come first.
  const workers = ofRole("worker");
  for (let at = 0; at < workers.length; at += upgrades.workersAtOnce) {
    const before = after;
    after = workers
      .slice(at, at + upgrades.workersAtOnce)
      .map((plan) => createMember(name, plan, { ...args, after: before }));
  }
  for (const plan of plans.filter(({ isGone }) => isGone)) keepGone(name, plan, args);
}

/** Takes the machines that are gone out of etcd and out of Kubernetes. */
export function forgetMachines(name: string, args: MembersArgs): readonly pulumi.Resource[] {
  const { config, credentials, parent, after } = args;
  return config.gone.map((node) =>
    stepCommand(
      `${name}-${node.name}-gone`,
      forgetMachine,
      { node, controlPlanes: config.controlPlanes, talosconfigText: credentials },
      { parent, dependsOn: [...after] },
    ),
  );
}

/**
 * Another address is an update in place, for a machine with a new lease as well as for other hardware: whether the old one
 * leaves and is wiped is decided by the OS step, which asks the machines (docs/decisions/0016). Nothing that Pulumi
 * replaces or deletes by itself could ask.
 * @returns what resolves when the machine carries its part
 */
function createMember(name: string, plan: MachinePlan, args: CreateMembersArgs): pulumi.Resource {
  return createStep(name, plan, createConfig(name, plan, args), args);
}

/**
 * A machine that is gone keeps what the state has of it, and gets nothing that it does not have: after a destroy or a removal
 * that failed half-way a step would wait for a machine that never comes.
 */
function keepGone(name: string, plan: MachinePlan, args: CreateMembersArgs): void {
  const { configured } = args.config.lastRun;
  const known = configured?.find((machine) => machine.name === plan.node.name);
  if (configured !== undefined && known === undefined) return;
  const apply = createConfig(name, plan, args);
  if (known?.isMember !== false) createStep(name, plan, apply, args);
}

function createConfig(name: string, plan: MachinePlan, args: CreateMembersArgs): pulumi.Resource {
  const { parent, after } = args;
  const { node, isGone, base, patches } = plan;
  return new talos.machine.ConfigurationApply(
    `${name}-${node.name}-config`,
    {
      node: node.address,
      endpoint: node.address,
      clientConfiguration: args.clientConfiguration,
      machineConfigurationInput: base,
      configPatches: [...patches],
      // Never `reboot`: Talos 1.14 refuses it outside maintenance mode. Auto reboots only where the change needs it.
      applyMode: "auto",
      // Back to maintenance mode; without this nothing happens to the machine. Literals: the provider takes no unknown ones
      // (siderolabs/terraform-provider-talos#334). Not graceful: the last control plane cannot leave its own etcd (#216).
      onDestroy: { reset: true, graceful: false, reboot: true },
      // A machine that is off is named after five minutes and not after ten. Removing one counts from the run after this:
      // the provider then reads what the state has.
      timeouts: { create: "5m", update: "5m", delete: "5m" },
    },
    {
      parent,
      dependsOn: [...after],
      additionalSecretOutputs: ["clientConfiguration"],
      ...(isGone ? untouched : {}),
    },
  );
}

function createStep(
  name: string,
  plan: MachinePlan,
  apply: pulumi.Resource,
  { config, credentials, parent, anchor }: CreateMembersArgs,
): pulumi.Resource {
  const { node, isGone } = plan;
  return stepCommand(
    `${name}-${node.name}-member`,
    settleMachine,
    {
      node,
      controlPlanes: config.controlPlanes,
      drainSeconds: config.upgrades.drainSeconds,
      configHash: configHash(plan),
      talosconfigText: credentials,
    },
    {
      parent,
      dependsOn: [apply],
      deletedWith: anchor,
      removal: removeMachine,
      ...(isGone ? untouched : {}),
    },
  );
}
