// The resource `talos:machine/configurationApply:ConfigurationApply`. Source: terraform-provider-talos v0.11.0
// pkg/talos/talos_machine_configuration_apply_resource.go.
import { createHash } from "node:crypto";
import type { Operation, ResourceDefinition } from "../shared/provider.ts";
import type { CheckProblem } from "../shared/spec.ts";
import type { Properties, Value } from "../shared/values.ts";
import { hasUnknown, isObject, stringOf, UNKNOWN } from "../shared/values.ts";
import { applyConfiguration, retry, withMachine } from "./machine.ts";
import type { ApplyMode } from "./machine.ts";
import { resetMachine } from "./reset.ts";
import {
  clientConfigurationSpec,
  configPatchesSpec,
  endpointOf,
  nodeSpecs,
  textsOf,
  timeoutsSpec,
} from "./specs.ts";
import { patchConfig } from "./talosctl.ts";
import { diagnosed, isAbsent, machineOf, requireClient, timeoutOf, timeoutProblems } from "./target.ts";
import { patchError } from "./patchError.ts";

const id = "machine_configuration_apply";

/** `onDestroy` with its defaults. Absent stays absent: then destroying only forgets. */
function onDestroyOf(inputs: Properties): Properties {
  const given = inputs["onDestroy"];
  if (given === undefined || given === null) return {};
  return { onDestroy: isObject(given) ? { reset: false, graceful: true, reboot: false, ...given } : given };
}

async function rendered(
  inputs: Properties,
  olds: Properties | undefined,
  operation: Operation,
): Promise<string> {
  const input = String(inputs["machineConfigurationInput"]);
  const patches = textsOf(inputs["configPatches"]);
  // Rendering is deterministic, so an unchanged input needs no talosctl: it saves a process per machine and preview.
  const before = stringOf(olds?.["machineConfiguration"]);
  if (before !== undefined && olds?.["machineConfigurationInput"] === input) {
    const old = textsOf(olds["configPatches"]);
    if (old.length === patches.length && old.every((patch, index) => patch === patches[index])) return before;
  }
  return patchConfig(input, patches, operation.signal).catch((error: unknown) => {
    throw patchError("Error loading config patches", error);
  });
}

/** `staged_if_needing_reboot` asks the machine, already in a preview, whether this config would make it reboot. */
async function resolveMode(
  inputs: Properties,
  olds: Properties | undefined,
  config: string,
  operation: Operation,
): Promise<string> {
  const mode = stringOf(inputs["applyMode"]) ?? "auto";
  if (mode !== "staged_if_needing_reboot") return mode;
  if (
    hasUnknown(inputs["node"]) ||
    hasUnknown(inputs["endpoint"]) ||
    hasUnknown(inputs["clientConfiguration"])
  )
    return "auto";
  const before = stringOf(olds?.["resolvedApplyMode"]);
  if (before && olds?.["machineConfiguration"] === config) return before;
  const machine = machineOf(inputs);
  try {
    const answer = await withMachine(machine, operation.signal, (connection) =>
      applyConfiguration(
        connection,
        machine.node,
        { data: config, mode: "AUTO", dryRun: true },
        operation.signal,
      ),
    );
    if (answer !== "REBOOT") return "auto";
    operation.log.warn(
      `Reboot prevented - using staged mode: Node ${machine.node}: Configuration requires reboot. Using 'staged' mode. Manually reboot with: talosctl reboot --nodes ${machine.node}`,
    );
    return "staged";
  } catch (error) {
    if (operation.signal.aborted) throw error;
    operation.log.warn(
      `Cannot check reboot requirement: Node ${machine.node}: ${(error as Error).message}. Using 'auto' mode (may reboot).`,
    );
    return "auto";
  }
}

async function send(planned: Properties, kind: "create" | "update", operation: Operation): Promise<void> {
  const machine = machineOf(planned);
  const data = String(planned["machineConfiguration"]);
  const mode = String(planned["resolvedApplyMode"]).toUpperCase() as ApplyMode;
  await diagnosed(
    "Error applying configuration",
    retry(timeoutOf(planned, kind), operation.signal, (signal) =>
      withMachine(machine, signal, (connection) =>
        applyConfiguration(connection, machine.node, { data, mode }, signal),
      ),
    ),
  );
}

/** `talos:machine/configurationApply:ConfigurationApply`. */
export const configurationApply: ResourceDefinition = {
  description: "The machine configuration apply resource allows to apply machine configuration to a node",
  inputs: {
    ...nodeSpecs,
    clientConfiguration: clientConfigurationSpec,
    clientConfigurationWo: { ...clientConfigurationSpec, secret: true },
    machineConfigurationInput: {
      type: "string",
      secret: true,
      description: "The machine configuration to apply",
    },
    machineConfigurationInputWo: {
      type: "string",
      secret: true,
      description: "The same, never in the state; the stand-in does not send it",
    },
    configPatches: configPatchesSpec,
    applyMode: {
      type: "string",
      values: ["auto", "reboot", "no_reboot", "staged", "staged_if_needing_reboot"],
      description: "How to apply it. Default auto",
    },
    onDestroy: {
      type: "object",
      ref: "talos:machine/ConfigurationApplyOnDestroy:ConfigurationApplyOnDestroy",
      description: "What destroying does to the machine; without reset nothing",
      properties: {
        reset: { type: "boolean", description: "Wipe STATE and EPHEMERAL. Default false" },
        graceful: { type: "boolean", description: "Leave etcd first. Default true" },
        reboot: { type: "boolean", description: "Reboot afterwards instead of halting. Default false" },
      },
    },
    timeouts: timeoutsSpec("talos:machine/Timeout:Timeout", ["create", "update", "delete"]),
  },
  requiredInputs: ["node"],
  outputs: {
    machineConfiguration: {
      type: "string",
      secret: true,
      description: "The machine configuration with patches applied",
    },
    machineConfigurationHash: { type: "string", description: "SHA-256 of it, hex" },
    resolvedApplyMode: { type: "string", description: "The mode that is really used" },
  },
  requiredOutputs: [
    "applyMode",
    "endpoint",
    "machineConfiguration",
    "machineConfigurationHash",
    "node",
    "resolvedApplyMode",
  ],

  validate(inputs): readonly CheckProblem[] {
    const problems = timeoutProblems(inputs);
    if (isAbsent(inputs, "machineConfigurationInput"))
      throw new Error(
        "Missing machine configuration input: Exactly one of machine_configuration_input or machine_configuration_input_wo must be set",
      );
    requireClient(inputs);
    // See siderolabs/terraform-provider-talos#334.
    if (hasUnknown(inputs["onDestroy"]))
      problems.push({
        property: "onDestroy",
        reason:
          "Value Conversion Error: An unexpected error was encountered trying to build a value. Received unknown value, however the target type cannot handle unknown values.",
      });
    return problems;
  },

  async plan({ olds, inputs }, operation) {
    const planned: Record<string, Value> = {
      ...inputs,
      applyMode: inputs["applyMode"] ?? "auto",
      endpoint: endpointOf(inputs),
      ...onDestroyOf(inputs),
    };
    if (hasUnknown(inputs["machineConfigurationInput"]) || hasUnknown(inputs["configPatches"]))
      return {
        ...planned,
        machineConfiguration: olds?.["machineConfiguration"] ?? UNKNOWN,
        machineConfigurationHash: olds?.["machineConfigurationHash"] ?? UNKNOWN,
        resolvedApplyMode: olds?.["resolvedApplyMode"] ?? UNKNOWN,
      };
    const config = await rendered(inputs, olds, operation);
    return {
      ...planned,
      machineConfiguration: config,
      machineConfigurationHash: createHash("sha256").update(config, "utf8").digest("hex"),
      resolvedApplyMode: await resolveMode(inputs, olds, config, operation),
    };
  },

  async create(planned, operation) {
    await send(planned, "create", operation);
    return { id, outputs: planned };
  },

  async update(_id, _olds, planned, operation) {
    await send(planned, "update", operation);
    return planned;
  },

  async delete(_id, state, operation) {
    const onDestroy = isObject(state["onDestroy"]) ? state["onDestroy"] : {};
    if (onDestroy["reset"] !== true) return;
    await diagnosed(
      "Error resetting machine",
      resetMachine(
        machineOf(state),
        { graceful: onDestroy["graceful"] === true, reboot: onDestroy["reboot"] === true },
        timeoutOf(state, "delete"),
        operation.signal,
      ),
    );
  },
};
