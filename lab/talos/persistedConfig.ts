// The machine config on the disk, as a boot reads it: checked anew, because the Talos that reads it may be another one.
import { ConfigError, parseMachineConfig } from "./config.ts";
import type { MachineConfig } from "./config.ts";
import type { TalosMachine } from "./machine.ts";

/** The config that a machine boots with; undefined when there is none or the running Talos refuses it. */
export function persistedConfig(machine: TalosMachine): MachineConfig | undefined {
  const raw = machine.disk.loadConfig();
  if (!raw) return undefined;
  try {
    const context = {
      machineName: machine.record.nodeId,
      installed: machine.record.installed !== undefined,
      talosVersion: machine.talosVersion,
    };
    return parseMachineConfig(raw, context).config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    machine.log.write(`failed to load config: ${error.message}`);
    return undefined;
  }
}
