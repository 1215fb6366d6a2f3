// The machine service of a machine without a config, as Talos up to 1.12 serves it: it takes a config, and nothing else.
// Source: siderolabs/talos v1.12.0 internal/app/maintenance/server.go
import { ConfigError, parseMachineConfig } from "../config.ts";
import { StatusError } from "../errors.ts";
import { unary } from "../handler.ts";
import type { Handlers } from "../handler.ts";
import { minorOf } from "../version.ts";
import { versionMessage } from "./hardware.ts";

const notHere = unary(() => {
  throw new StatusError("Unimplemented", "API is not implemented in maintenance mode");
});

/** Methods in maintenance mode. */
export const maintenanceHandlers: Handlers = {
  ApplyConfiguration: unary((request, { machine }) => {
    const mode = String(request["mode"]);
    if (!["TRY", "REBOOT", "AUTO"].includes(mode)) {
      const flag = mode.toLowerCase().replaceAll("_", "-");
      throw new StatusError(
        "Unimplemented",
        `apply configuration --mode='${flag}' is not supported in maintenance mode`,
      );
    }
    const raw = request["data"] as Buffer;
    const warnings = accept(raw, machine.record.nodeId, machine.talosVersion);
    if (request["dry_run"] === true)
      return {
        warnings,
        mode_details: "Dry run summary:\nNode is running in maintenance mode and does not have a config yet.",
      };
    machine.log.write("received new config over the API");
    machine.background(machine.leaveMaintenance(raw));
    return { warnings };
  }),
  // Up to 1.12 maintenance mode keeps its version to itself; 1.13 answers everybody.
  Version: unary((_request, { machine }) => {
    if (minorOf(machine.talosVersion) < 13)
      throw new StatusError("Unimplemented", "API is not implemented in maintenance mode");
    return versionMessage(machine);
  }),
  Upgrade: notHere,
  Reset: notHere,
};

// A config that cannot be decoded is a plain error here, without a status of its own: clients see `Unknown`, and retry.
// Install instructions are asked for even when there is an installation, as a reset of STATE alone leaves one.
function accept(raw: Buffer, machineName: string, talosVersion: string): readonly string[] {
  try {
    return parseMachineConfig(raw, { machineName, installed: false, talosVersion }).warnings;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    if (error.stage === "decode")
      throw new Error(`failed to parse config: ${error.message}`, { cause: error });
    const what = error.stage === "validate" ? "configuration" : "runtime configuration";
    throw new StatusError("InvalidArgument", `${what} validation failed: ${error.message}`);
  }
}
