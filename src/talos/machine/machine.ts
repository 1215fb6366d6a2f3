// Everything that belongs to one machine: it is looked at, brought to its versions, sent its config, and waited for; it leaves
// properly when it is removed from the stack config. In which order that happens to which machine is decided in machines.ts.
import * as pulumi from "@pulumi/pulumi";
import * as talos from "@pulumiverse/talos";
import type { Config, Node } from "../../config/config.ts";
import type { GivenOf } from "../../steps/contract.ts";
import { stepCommand, type Given, type StepOptions } from "../../steps/stepCommand.ts";
import * as contracts from "../contracts.ts";
import { configHash, type MachinePlan } from "./machinePlan.ts";

/** What steps are told of a machine. Each takes of it what its contract names. */
type Told = Given<GivenOf<typeof contracts.upgradeOs> & GivenOf<typeof contracts.inspectMachine>>;

/** What {@link Machine} needs: the plan of this one, and what all machines of the cluster share. */
export interface MachineArgs extends MachinePlan, Pick<Config, "lastRun"> {
  readonly shared: Omit<Told, "node" | "schematicId" | "installer" | "generation" | "configHash">;
  readonly clientConfiguration: pulumi.Output<talos.types.output.machine.ClientConfiguration>;
  /** Lives as long as the cluster: `destroy` wipes machines without asking them to leave first. */
  readonly anchor: pulumi.Resource;
}

/** What has to be done before. */
export type After = readonly pulumi.Resource[];

/** One machine. Its resources are registered by the methods, when it is their turn. */
export class Machine extends pulumi.ComponentResource {
  readonly node: Node;
  readonly isGone: boolean;
  readonly #name: string;
  readonly #args: MachineArgs;
  readonly #told: Told;
  readonly #opts: StepOptions;

  constructor(name: string, args: MachineArgs, opts: { readonly parent: pulumi.Resource }) {
    super("home-ops:talos:Machine", name, {}, opts);
    this.#name = name;
    this.#args = args;
    const { node, isGone, shared } = args;
    this.node = node;
    this.isGone = isGone;
    const { schematicId, generation } = node;
    this.#told = {
      ...shared,
      node,
      schematicId,
      generation,
      installer: installerOf(node),
      configHash: configHash(args),
    };
    // In states from before this component they are children of its parent.
    this.#opts = { parent: this, aliases: [{ parent: opts.parent }] };
    this.registerOutputs({});
  }

  /**
   * Looks at it, and refuses it when it must not be touched. Again whenever its config changes, so that a machine that is off
   * is named after 30 s and not after the ten minutes for which the provider would try.
   */
  inspect(): pulumi.Resource {
    return stepCommand(`${this.#name}-inspect`, contracts.inspectMachine, this.#told, this.#opts);
  }

  /** Takes it out of etcd and out of Kubernetes: its hardware is dead. */
  forget(after: After): pulumi.Resource {
    const opts = { ...this.#opts, dependsOn: [...after] };
    return stepCommand(`${this.#name}-gone`, contracts.forgetMachine, this.#told, opts);
  }

  /** Brings it to its Talos. On a new machine there is nothing to do. */
  upgrade(after: After): pulumi.Resource {
    const opts = { ...this.#opts, dependsOn: [...after] };
    return stepCommand(`${this.#name}-os`, contracts.upgradeOs, this.#told, opts);
  }

  /**
   * Sends its config. Another address is an update in place, for a machine with a new lease as well as for other hardware:
   * whether the old one leaves and is wiped is decided by the OS step, which asks the machines (docs/decisions/0016). Nothing
   * that Pulumi replaces or deletes by itself could ask.
   * @returns what resolves when the machine does its work with it
   */
  join(after: After): pulumi.Resource {
    return this.#createMember(this.#createConfig(after));
  }

  /**
   * A machine that is gone keeps what the state has of it, and gets nothing that it does not have: after a destroy or a
   * removal that failed half-way a step would wait for a machine that never comes.
   */
  keep(after: After): void {
    const { configured } = this.#args.lastRun;
    const known = configured?.find(({ name }) => name === this.node.name);
    if (configured !== undefined && known === undefined) return;
    const config = this.#createConfig(after);
    if (known?.isMember !== false) this.#createMember(config);
  }

  /** Of a machine that is gone the state keeps what it had, and forgets it when the machine is removed from nodes. */
  get #untouched(): pulumi.CustomResourceOptions {
    return this.isGone ? { ignoreChanges: ["*"], retainOnDelete: true } : {};
  }

  #createConfig(after: After): pulumi.Resource {
    const { base, patches, clientConfiguration } = this.#args;
    const { address } = this.node;
    return new talos.machine.ConfigurationApply(
      `${this.#name}-config`,
      {
        node: address,
        endpoint: address,
        clientConfiguration,
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
        ...this.#opts,
        dependsOn: [...after],
        additionalSecretOutputs: ["clientConfiguration"],
        ...this.#untouched,
      },
    );
  }

  #createMember(config: pulumi.Resource): pulumi.Resource {
    return stepCommand(`${this.#name}-member`, contracts.settleMachine, this.#told, {
      ...this.#opts,
      dependsOn: [config],
      deletedWith: this.#args.anchor,
      removal: contracts.removeMachine,
      ...this.#untouched,
    });
  }
}

/** The installer image without its tag. */
export function installerOf({ installerImage }: Node): string {
  return installerImage.replace(/:[^:/]*$/, "");
}
