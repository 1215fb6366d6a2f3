// The machine config as a lab machine understands it: decoded and checked as machined does, with Talos' defaults, and
// typed for those who act on it (the machine itself, lab/kubernetes).
import { createHash } from "node:crypto";
import { ConfigError, decodeConfig, isObject } from "./config/decode.ts";
import type { DecodedConfig, YamlObject } from "./config/decode.ts";
import { validateAtRuntime, validateConfig } from "./config/validate.ts";
import type { CertificateAndKey, ComponentImage, MachineConfig } from "./config/types.ts";

export type { CertificateAndKey, ComponentImage, MachineConfig } from "./config/types.ts";
export { ConfigError } from "./config/decode.ts";

/** What a config is read for. */
export interface ConfigContext {
  /** Name of the machine: what a generated host name is made from when the config sets none. */
  readonly machineName: string;
  /** The machine has an installation already. */
  readonly installed: boolean;
  /** Running Talos, e.g. `v1.12.0`. */
  readonly talosVersion: string;
}

/** A config that was accepted, and what `talosctl apply-config` prints about it. */
export interface ParsedConfig {
  readonly config: MachineConfig;
  readonly warnings: readonly string[];
}

// Source: siderolabs/talos v1.12.0 pkg/machinery/constants/constants.go
const defaults = {
  kubernetes: "v1.35.0",
  etcd: "v3.6.7",
  podSubnet: "10.244.0.0/16",
  serviceSubnet: "10.96.0.0/12",
  dnsDomain: "cluster.local",
  adminLifetimeSeconds: 365 * 24 * 3600,
} as const;

/** Step one of accepting a config: is it a machine config at all? @throws ConfigError */
export function decodeMachineConfig(raw: Buffer): DecodedConfig {
  return decodeConfig(raw);
}

/**
 * Reads, checks and types a machine config.
 * @throws ConfigError in machined's words
 */
export function parseMachineConfig(raw: Buffer, context: ConfigContext): ParsedConfig {
  const decoded = decodeConfig(raw);
  if (!decoded.main)
    throw new ConfigError(
      "the applied machine configuration doesn't contain v1alpha1 config, did you mean to patch the machine config instead?",
    );
  const warnings = validateConfig(decoded, context);
  validateAtRuntime(decoded.main, context);
  return { config: typed(raw, decoded.main, decoded, context.machineName), warnings };
}

function typed(raw: Buffer, main: YamlObject, decoded: DecodedConfig, machineName: string): MachineConfig {
  const machine = object(main["machine"]);
  const cluster = object(main["cluster"]);
  const type = machine["type"] === "controlplane" || machine["type"] === "init" ? "controlplane" : "worker";
  const network = object(cluster["network"]);
  const install = object(machine["install"]);
  const apiServer = object(cluster["apiServer"]);
  const proxy = object(cluster["proxy"]);
  const etcd = object(cluster["etcd"]);
  const registry = "registry.k8s.io";
  return {
    raw,
    type,
    hostname: hostnameOf(machine, decoded, machineName),
    clusterName: text(cluster["clusterName"]),
    clusterId: text(cluster["id"]),
    clusterSecret: text(cluster["secret"]),
    endpoint: text(object(cluster["controlPlane"])["endpoint"]),
    apiServerPort: Number(object(cluster["controlPlane"])["localAPIServerPort"] ?? 6443),
    machineToken: text(machine["token"]),
    machineCA: certificateAndKey(machine["ca"]) ?? { crt: "", key: undefined },
    acceptedCAs: list(machine["acceptedCAs"]).map((ca) => pem(object(ca)["crt"])),
    certSANs: strings(machine["certSANs"]),
    install: { disk: text(install["disk"]), image: text(install["image"]) },
    kubelet: component(machine["kubelet"], `ghcr.io/siderolabs/kubelet:${defaults.kubernetes}`),
    apiServer: {
      ...component(apiServer, `${registry}/kube-apiserver:${defaults.kubernetes}`),
      certSANs: strings(apiServer["certSANs"]),
    },
    controllerManager: component(
      cluster["controllerManager"],
      `${registry}/kube-controller-manager:${defaults.kubernetes}`,
    ),
    scheduler: component(cluster["scheduler"], `${registry}/kube-scheduler:${defaults.kubernetes}`),
    proxy: {
      ...component(proxy, `${registry}/kube-proxy:${defaults.kubernetes}`),
      disabled: proxy["disabled"] === true,
    },
    etcd: { ...component(etcd, `${registry}/etcd:${defaults.etcd}`), ca: certificateAndKey(etcd["ca"]) },
    clusterCA: certificateAndKey(cluster["ca"]) ?? { crt: "", key: undefined },
    aggregatorCA: certificateAndKey(cluster["aggregatorCA"]),
    serviceAccountKey: optional(pem(object(cluster["serviceAccount"])["key"])),
    bootstrapToken: text(cluster["token"]),
    secretboxEncryptionSecret: optional(text(cluster["secretboxEncryptionSecret"])),
    aescbcEncryptionSecret: optional(text(cluster["aescbcEncryptionSecret"])),
    podSubnets: orDefault(strings(network["podSubnets"]), [defaults.podSubnet]),
    serviceSubnets: orDefault(strings(network["serviceSubnets"]), [defaults.serviceSubnet]),
    dnsDomain: text(network["dnsDomain"]) || defaults.dnsDomain,
    cniName: text(object(network["cni"])["name"]) || "flannel",
    coreDNSDisabled: object(cluster["coreDNS"])["disabled"] === true,
    nodeLabels: stringMap(machine["nodeLabels"]),
    nodeAnnotations: stringMap(machine["nodeAnnotations"]),
    nodeTaints: stringMap(machine["nodeTaints"]),
    allowSchedulingOnControlPlanes:
      (cluster["allowSchedulingOnControlPlanes"] ?? cluster["allowSchedulingOnMasters"]) === true,
    adminKubeconfigLifetimeSeconds:
      goDurationSeconds(text(object(cluster["adminKubeconfig"])["certLifetime"])) ||
      defaults.adminLifetimeSeconds,
    machine,
    cluster,
  };
}

function hostnameOf(machine: YamlObject, decoded: DecodedConfig, machineName: string): string {
  const document = decoded.others.find(({ kind }) => kind === "HostnameConfig")?.body;
  const configured = text(document?.["hostname"]) || text(object(machine["network"])["hostname"]);
  // Kubernetes knows the node by the first label only, as the kubelet registers without FQDN by default.
  if (configured !== "") return configured.split(".")[0] ?? configured;
  // Talos: base36 of the first bytes of the node identity's SHA-256. The lab's identity is the machine's name.
  const hash = createHash("sha256").update(machineName).digest().readBigUInt64BE(0).toString(36);
  return `talos-${hash.slice(1, 4)}-${hash.slice(4, 7)}`;
}

function component(value: unknown, defaultImage: string): ComponentImage {
  const image = text(object(value)["image"]) || defaultImage;
  const tag = /:(v[^:@/]+)(?:@.*)?$/.exec(image)?.[1] ?? "";
  return { image, version: tag, extraArgs: stringMap(object(value)["extraArgs"]) };
}

function certificateAndKey(value: unknown): CertificateAndKey | undefined {
  if (!isObject(value)) return undefined;
  return { crt: pem(value["crt"]), key: optional(pem(value["key"])) };
}

/** Go's duration text in seconds, e.g. `8760h0m0s` → 31536000; 0 when empty. */
export function goDurationSeconds(duration: string): number {
  const unit: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 0.001 };
  let seconds = 0;
  for (const [, amount, name] of duration.matchAll(/([\d.]+)(ms|h|m|s)/g))
    seconds += Number(amount) * (unit[name ?? ""] ?? 0);
  return seconds;
}

function pem(value: unknown): string {
  return typeof value === "string" ? Buffer.from(value, "base64").toString("utf8") : "";
}

function object(value: unknown): YamlObject {
  return isObject(value) ? value : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function strings(value: unknown): string[] {
  return list(value).map((entry) => text(entry));
}

function stringMap(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(object(value)).map(([key, entry]) => [key, String(entry)]));
}

function optional(value: string): string | undefined {
  return value === "" ? undefined : value;
}

function orDefault(values: string[], fallback: readonly string[]): readonly string[] {
  return values.length > 0 ? values : fallback;
}
