// The checks that machined runs on a decoded config, in its order and words. Those that concern hardware or parts that
// a lab machine does not have are left out (lab/README.md lists that).
import { isIP } from "node:net";
import { ConfigError, isObject } from "./decode.ts";
import type { DecodedConfig, YamlObject } from "./decode.ts";

/** What the checks depend on besides the config. */
export interface ValidationMode {
  /** The machine has an installation already: `machine.install` is not required then. */
  readonly installed: boolean;
  /** Running Talos, e.g. `v1.12.0`: limits the Kubernetes versions. */
  readonly talosVersion: string;
}

/**
 * Validates a decoded config.
 * @returns warnings, as `talosctl apply-config` prints them
 * @throws ConfigError with all errors, in the form of Go's multierror
 */
export function validateConfig(config: DecodedConfig, mode: ValidationMode): string[] {
  const errors: string[] = [];
  const warnings: string[] = [];
  if (config.main) {
    const found = mainErrors(config.main, mode, warnings);
    if (found.length > 0) errors.push(`v1alpha1.Config: ${joinErrors(found)}`);
  }
  for (const { kind, body } of config.others)
    if (kind === "HostnameConfig") {
      const found = hostnameErrors(body);
      if (found.length > 0) errors.push(`network.HostnameConfigV1Alpha1: ${found.join("\n")}`);
      if (config.main) errors.push(...hostnameConflicts(config.main));
    }
  if (errors.length > 0) throw new ConfigError(joinErrors(errors), "validate");
  return warnings;
}

/** The checks that machined runs with the running machine in view (`RuntimeValidate`). Same errors as above. */
export function validateAtRuntime(main: YamlObject, mode: ValidationMode): void {
  const machine = object(main["machine"]);
  const cluster = object(main["cluster"]);
  const images: [string, unknown][] = [["kubelet", object(machine["kubelet"])["image"]]];
  if (machine["type"] === "controlplane")
    images.push(
      ["kube-apiserver", object(cluster["apiServer"])["image"]],
      ["kube-controller-manager", object(cluster["controllerManager"])["image"]],
      ["kube-scheduler", object(cluster["scheduler"])["image"]],
    );
  const errors = images.flatMap(([name, image]) => {
    if (typeof image !== "string" || image === "") return [];
    const problem = imageProblem(image, mode.talosVersion);
    return problem ? [`${name} image is not valid: ${problem}`] : [];
  });
  if (errors.length > 0)
    throw new ConfigError(joinErrors([`v1alpha1.Config: ${joinErrors(errors)}`]), "runtime");
}

function mainErrors(main: YamlObject, mode: ValidationMode, warnings: string[]): string[] {
  if (!isObject(main["machine"])) return ["machine instructions are required"];
  const machine = object(main["machine"]);
  const type = machine["type"];
  const controlPlane = type === "controlplane" || type === "init";
  const errors = clusterErrors(main["cluster"], controlPlane);
  if (!mode.installed) {
    const install = machine["install"];
    if (!isObject(install)) errors.push('install instructions are required in "metal" mode');
    else {
      if (!install["disk"] && !isObject(install["diskSelector"]))
        errors.push("either install disk or diskSelector should be defined");
      if (list(install["extraKernelArgs"]).length > 0 && install["grubUseUKICmdline"] === true)
        errors.push("install.extraKernelArgs and install.grubUseUKICmdline can't be used together");
    }
  }
  const ca = isObject(machine["ca"]) ? machine["ca"] : undefined;
  if (!ca && list(machine["acceptedCAs"]).length === 0)
    errors.push("issuing CA or some accepted CAs are required (.machine.ca, machine.acceptedCAs)");
  if (controlPlane) {
    errors.push(...cniErrors(object(object(object(main["cluster"])["network"])["cni"]), warnings));
    if (!ca) errors.push("issuing CA is required (.machine.ca)");
    else if (!ca["key"]) errors.push("issuing CA key is required for controlplane nodes (.machine.ca.key)");
  } else if (type === "worker" || type === "join") {
    if (ca?.["key"])
      errors.push("issuing Talos API CA key is not allowed on non-controlplane nodes (.machine.ca)");
    if (object(object(main["cluster"])["ca"])["key"])
      errors.push("issuing Kubernetes API CA key is not allowed on non-controlplane nodes (.cluster.ca)");
  } else errors.push(`unknown machine type "${typeof type === "string" ? type : ""}"`);
  if (main["persist"] === false) errors.push(".persist should be enabled");
  if (list(object(machine["install"])["extensions"]).length > 0)
    warnings.push(
      ".machine.install.extensions is deprecated, please see https://www.talos.dev/latest/talos-guides/install/boot-assets/",
    );
  return errors;
}

function clusterErrors(cluster: unknown, controlPlane: boolean): string[] {
  if (!isObject(cluster)) return ["cluster instructions are required"];
  const endpoint = object(cluster["controlPlane"])["endpoint"];
  if (typeof endpoint !== "string" || endpoint === "") return ["cluster controlplane endpoint is required"];
  const errors: string[] = [];
  const problem = endpointProblem(endpoint);
  if (problem) errors.push(`invalid controlplane endpoint: ${problem}`);
  if (isObject(cluster["etcd"]) && !controlPlane)
    errors.push("etcd config is only allowed on control plane machines");
  if (!controlPlane && object(cluster["ca"])["key"])
    errors.push("cluster CA key is not allowed on non-controlplane nodes (.cluster.ca)");
  return errors;
}

function cniErrors(cni: YamlObject, warnings: string[]): string[] {
  const name = typeof cni["name"] === "string" && cni["name"] !== "" ? cni["name"] : "flannel";
  const urls = list(cni["urls"]);
  if (name === "flannel" || name === "none")
    return urls.length > 0 ? [`"urls" field should be empty for "${name}" CNI`] : [];
  if (name !== "custom") return ['cni name should be one of ["flannel", "custom", "none"]'];
  if (urls.length === 0) warnings.push('"urls" field should not be empty for "custom" CNI');
  return [];
}

function hostnameErrors(body: YamlObject): string[] {
  const auto = body["auto"] ?? "off";
  const hostname = typeof body["hostname"] === "string" ? body["hostname"] : "";
  const errors: string[] = [];
  if (auto === "off" && hostname === "") errors.push("either 'auto' or 'hostname' must be set");
  if (auto !== "off" && hostname !== "") errors.push("'auto' and 'hostname' cannot be set at the same time");
  if (auto !== "off" && auto !== "stable") errors.push(`invalid value for 'auto': ${String(auto)}`);
  const label = hostname.split(".")[0] ?? "";
  if (hostname !== "" && (label.length === 0 || label.length > 63))
    errors.push(`invalid hostname "${label}"`);
  return errors;
}

function hostnameConflicts(main: YamlObject): string[] {
  const machine = object(main["machine"]);
  if (object(machine["network"])["hostname"]) return ["static hostname is already set in v1alpha1 config"];
  if (object(machine["features"])["stableHostname"] === true)
    return ["stable hostname is already set in v1alpha1 config"];
  return [];
}

function endpointProblem(endpoint: string): string | undefined {
  let url: URL;
  try {
    url = new URL(endpoint);
  } catch {
    return `failed to parse endpoint: ${endpoint}`;
  }
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return isIP(host) > 0 || /^[a-z0-9_]([a-z0-9_.-]*)$/i.test(host)
    ? undefined
    : `invalid endpoint host: ${host}`;
}

// Source: siderolabs/talos v1.12.0 pkg/machinery/compatibility/talos1xx: Talos 1.x runs Kubernetes minors
// x+18 to x+23 (1.12: 1.30 to 1.35).
function imageProblem(image: string, talosVersion: string): string | undefined {
  const version = /:v(\d+)\.(\d+)\.\d+[^@]*(@.*)?$/.exec(image);
  if (!version)
    return `failed to parse Kubernetes version from image reference "${image}": invalid image reference: "${image}"`;
  const talosMinor = Number(/^v?1\.(\d+)/.exec(talosVersion)?.[1] ?? "12");
  const minor = Number(version[2]);
  const shown = `version of Kubernetes ${version[0].slice(2).split("@")[0] ?? ""}`;
  const talos = talosVersion.replace(/^v/, "");
  if (minor > talosMinor + 23) return `${shown} is too new to be used with Talos ${talos}`;
  if (minor < talosMinor + 18) return `${shown} is too old to be used with Talos ${talos}`;
  return undefined;
}

/** Go multierror's text: a count, then one bullet per error. */
export function joinErrors(errors: readonly string[]): string {
  const count = errors.length === 1 ? "1 error occurred:" : `${String(errors.length)} errors occurred:`;
  return `${count}\n${errors.map((e) => `\t* ${e}`).join("\n")}\n\n`;
}

function object(value: unknown): YamlObject {
  return isObject(value) ? value : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
