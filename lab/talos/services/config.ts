// Applying a config to a machine that has one already, and making client certificates for it.
import { stringify } from "yaml";
import { ConfigError, parseMachineConfig } from "../config.ts";
import type { MachineConfig } from "../config.ts";
import { configDiff } from "../config/diff.ts";
import { keysNeedingReboot } from "../config/immediate.ts";
import { StatusError } from "../errors.ts";
import { unary } from "../handler.ts";
import type { Handlers } from "../handler.ts";
import { reboot } from "../lifecycle.ts";
import type { TalosMachine } from "../machine.ts";
import type { Message } from "../protos.ts";
import { issueClientCertificate } from "../pki.ts";
import { parseRoles } from "../roles.ts";
import type { Role } from "../roles.ts";

type Mode = "REBOOT" | "AUTO" | "NO_REBOOT" | "STAGED" | "TRY";

const defaultTrySeconds = 60;

/** Methods about the machine config. */
export const configHandlers: Handlers = {
  ApplyConfiguration: unary(async (request, { machine }) => {
    const current = machine.config;
    if (!current) throw new StatusError("FailedPrecondition", "no current config");
    const { config, warnings } = parse(machine, request["data"] as Buffer);
    const asked = request["mode"] as Mode;
    const { mode, details, reason } = decide(asked, current, config);
    if (request["dry_run"] === true)
      return {
        mode,
        mode_details: `Dry run summary:\n${details} (skipped in dry-run).\nConfig diff:\n\n${configDiff(current.raw, config.raw)}`,
      };
    machine.log.write(
      `apply config request: mode ${asked.toLowerCase()}${asked === mode ? "" : `(${mode.toLowerCase()})`}`,
    );
    const more = await take(machine, mode, config, request);
    return { mode, warnings, mode_details: `${details}${more}${reason}` };
  }),
  GenerateClientConfiguration: unary(async (request, { machine }) => {
    const { config } = machine;
    if (config?.type !== "controlplane")
      throw new StatusError(
        "FailedPrecondition",
        "client configuration (talosconfig) can't be generated on worker nodes",
      );
    const ttl = request["crt_ttl"] as { seconds: string } | null;
    const seconds = Number(ttl?.seconds ?? 0);
    if (seconds <= 0) throw new StatusError("InvalidArgument", "crt_ttl should be positive");
    return clientConfiguration(config, parseRoles(request["roles"] as string[]), seconds);
  }),
};

function parse(machine: TalosMachine, raw: Buffer): ReturnType<typeof parseMachineConfig> {
  try {
    return parseMachineConfig(raw, {
      machineName: machine.record.nodeId,
      installed: machine.record.installed !== undefined,
      talosVersion: machine.talosVersion,
    });
  } catch (error) {
    if (error instanceof ConfigError) throw new StatusError("InvalidArgument", error.message);
    throw error;
  }
}

function decide(
  asked: Mode,
  current: MachineConfig,
  wanted: MachineConfig,
): { mode: Mode; details: string; reason: string } {
  const withReboot = "Applied configuration with a reboot";
  const withoutReboot = "Applied configuration without a reboot";
  const keys = keysNeedingReboot(current.machine, wanted.machine);
  const reason = `this config change can't be applied in immediate mode\ndiff:\n${keys.join("\n")}`;
  switch (asked) {
    case "TRY":
    case "NO_REBOOT":
      if (keys.length > 0) throw new StatusError("InvalidArgument", reason);
      return { mode: asked, details: withoutReboot, reason: "" };
    case "AUTO":
      return keys.length > 0
        ? { mode: "REBOOT", details: withReboot, reason: `: ${reason}` }
        : { mode: "NO_REBOOT", details: withoutReboot, reason: "" };
    case "STAGED":
      return { mode: asked, details: "Staged configuration to be applied after the next reboot", reason: "" };
    case "REBOOT":
      return { mode: asked, details: withReboot, reason: "" };
  }
}

async function take(
  machine: TalosMachine,
  mode: Mode,
  config: MachineConfig,
  request: Message,
): Promise<string> {
  if (mode !== "TRY") machine.disk.saveConfig(config.raw);
  machine.tried?.abort();
  if (mode === "REBOOT") reboot(machine, "", false);
  if (mode === "NO_REBOOT") await machine.takeConfig(config);
  if (mode !== "TRY") return "";
  const timeout = request["try_mode_timeout"] as { seconds: string } | null;
  const seconds = Number(timeout?.seconds ?? defaultTrySeconds);
  const before = machine.config;
  await machine.takeConfig(config);
  // Any other config that comes meanwhile, and any reboot, makes going back pointless.
  const tried = new AbortController();
  machine.tried = tried;
  const revert = async (): Promise<void> => {
    await machine.delay(seconds * 1000, AbortSignal.any([machine.era, tried.signal]));
    if (before) await machine.takeConfig(before);
  };
  machine.background(revert());
  const shown =
    seconds >= 60 ? `${String(Math.floor(seconds / 60))}m${String(seconds % 60)}s` : `${String(seconds)}s`;
  return `\nThe config is applied in 'try' mode and will be automatically reverted back in ${shown}`;
}

// A talosconfig with a client certificate of the given roles, as `talosctl config new` asks for it.
async function clientConfiguration(
  config: MachineConfig,
  roles: readonly Role[],
  seconds: number,
): Promise<Message> {
  const now = Date.now();
  const validity = { notBefore: new Date(now - 10_000), notAfter: new Date(now + seconds * 1000) };
  const pair = await issueClientCertificate(
    config.machineCA,
    { commonName: "", organization: roles },
    validity,
  );
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const [only, ...others] = roles;
  const prefix = only !== undefined && others.length === 0 ? `${only.replace("os:", "")}@` : "";
  const context = `${prefix}${config.clusterName}`;
  const ca = config.machineCA.crt;
  const contexts = {
    [context]: { endpoints: [], ca: base64(ca), crt: base64(pair.cert), key: base64(pair.key) },
  };
  return {
    ca: Buffer.from(ca),
    crt: Buffer.from(pair.cert),
    key: Buffer.from(pair.key),
    talosconfig: Buffer.from(stringify({ context, contexts }, { lineWidth: 0 })),
  };
}
