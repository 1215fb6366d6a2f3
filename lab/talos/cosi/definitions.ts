// The kinds of resources that `talosctl get` finds on a lab machine, with their aliases and columns.
// Source: siderolabs/talos v1.12.0 pkg/machinery/resources and cosi-project/runtime's naming rules.

/** One kind of resource. */
export interface ResourceDefinition {
  /** e.g. `Members.cluster.talos.dev`. */
  readonly type: string;
  /** e.g. `cluster`. */
  readonly namespace: string;
  /** Message of lab/talos/proto/definitions.proto that its spec is encoded as. */
  readonly message: string;
  readonly aliases: readonly string[];
  /** Column title and JSON path into the YAML form. */
  readonly columns: readonly (readonly [string, string])[];
  /** Only for admins. */
  readonly sensitive: boolean;
}

function define(
  type: string,
  namespace: string,
  message: string,
  columns: readonly (readonly [string, string])[] = [],
  more: { aliases?: readonly string[]; sensitive?: boolean } = {},
): ResourceDefinition {
  return {
    type,
    namespace,
    message: `spec.${message}`,
    columns,
    aliases: more.aliases ?? [],
    sensitive: more.sensitive ?? false,
  };
}

/** Talos calls both so. */
const renderedColumns = [
  ["Ready", "{.ready}"],
  ["Secrets Version", "{.version}"],
] as const;

/** All kinds but the two that describe kinds and namespaces. */
export const resourceDefinitions: readonly ResourceDefinition[] = [
  define("MachineStatuses.runtime.talos.dev", "runtime", "MachineStatus", [
    ["Stage", "{.stage}"],
    ["Ready", "{.status.ready}"],
  ]),
  define("Versions.runtime.talos.dev", "runtime", "Version", [["Version", "{.version}"]]),
  define(
    "ExtensionStatuses.runtime.talos.dev",
    "runtime",
    "ExtensionStatus",
    [
      ["Name", "{.metadata.name}"],
      ["Version", "{.metadata.version}"],
    ],
    { aliases: ["extensions"] },
  ),
  define("Diagnostics.runtime.talos.dev", "runtime", "Diagnostic", [["Message", "{.message}"]]),
  define("VolumeStatuses.block.talos.dev", "runtime", "VolumeStatus", [
    ["Type", "{.type}"],
    ["Phase", "{.phase}"],
    ["Location", "{.location}"],
    ["Size", "{.prettySize}"],
  ]),
  define("Disks.block.talos.dev", "runtime", "Disk", [
    ["Size", "{.pretty_size}"],
    ["Read Only", "{.readonly}"],
    ["Transport", "{.transport}"],
    ["Rotational", "{.rotational}"],
    ["WWID", "{.wwid}"],
    ["Model", "{.model}"],
    ["Serial", "{.serial}"],
  ]),
  define("SystemDisks.block.talos.dev", "runtime", "SystemDisk", [["Disk", "{.diskID}"]]),
  define(
    "Services.v1alpha1.talos.dev",
    "runtime",
    "Service",
    [
      ["Running", "{.running}"],
      ["Healthy", "{.healthy}"],
      ["Health Unknown", "{.unknown}"],
    ],
    { aliases: ["svc"] },
  ),
  define("TimeStatuses.v1alpha1.talos.dev", "runtime", "TimeStatus", [["Synced", "{.synced}"]]),
  define("MachineConfigs.config.talos.dev", "config", "MachineConfig", [], { sensitive: true }),
  define("MachineTypes.config.talos.dev", "config", "MachineType", [["Type", "{@}"]]),
  define("Members.cluster.talos.dev", "cluster", "Member", [
    ["Hostname", "{.hostname}"],
    ["Machine Type", "{.machineType}"],
    ["OS", "{.operatingSystem}"],
    ["Addresses", "{.addresses}"],
  ]),
  define("Identities.cluster.talos.dev", "cluster", "Identity", [["ID", "{.nodeId}"]]),
  define(
    "HostnameStatuses.net.talos.dev",
    "network",
    "HostnameStatus",
    [
      ["Hostname", "{.hostname}"],
      ["Domainname", "{.domainname}"],
    ],
    { aliases: ["hostname"] },
  ),
  define(
    "AddressStatuses.net.talos.dev",
    "network",
    "AddressStatus",
    [
      ["Address", "{.address}"],
      ["Link", "{.linkName}"],
    ],
    { aliases: ["address", "addresses"] },
  ),
  define("NodeAddresses.net.talos.dev", "network", "NodeAddress", [["Addresses", "{.addresses}"]]),
  define("EtcdMembers.etcd.talos.dev", "etcd", "EtcdMember", [["Member ID", "{.memberID}"]]),
  define("Nodenames.kubernetes.talos.dev", "k8s", "Nodename", [["Nodename", "{.nodename}"]]),
  define("NodeStatuses.kubernetes.talos.dev", "k8s", "NodeStatus", [
    ["Ready", "{.nodeReady}"],
    ["Unschedulable", "{.unschedulable}"],
  ]),
  define(
    "StaticPodStatuses.kubernetes.talos.dev",
    "k8s",
    "StaticPodStatus",
    [["Ready", '{.conditions[?(@.type=="Ready")].status}']],
    { aliases: ["podstatus"] },
  ),
  define("StaticPods.kubernetes.talos.dev", "k8s", "StaticPod"),
  define("Manifests.kubernetes.talos.dev", "controlplane", "Manifest"),
  define("KubeletSpecs.kubernetes.talos.dev", "k8s", "KubeletSpec"),
  define("APIServerConfigs.kubernetes.talos.dev", "controlplane", "APIServerConfig"),
  define("ControllerManagerConfigs.kubernetes.talos.dev", "controlplane", "ControllerManagerConfig"),
  define("SchedulerConfigs.kubernetes.talos.dev", "controlplane", "SchedulerConfig"),
  define("ConfigStatuses.kubernetes.talos.dev", "controlplane", "ConfigStatus", renderedColumns),
  define("SecretStatuses.kubernetes.talos.dev", "controlplane", "SecretsStatus", renderedColumns),
  define("BootstrapManifestsConfigs.kubernetes.talos.dev", "controlplane", "BootstrapManifestsConfig"),
];

/** The two kinds that describe kinds and namespaces; `talosctl get rd` and `talosctl get ns`. */
export const metaDefinitions: readonly ResourceDefinition[] = [
  {
    ...define("ResourceDefinitions.meta.cosi.dev", "meta", "", [["Aliases", "{.aliases[:]}"]], {
      aliases: ["api-resources"],
    }),
    message: "cosi.resource.ResourceDefinitionSpec",
  },
  {
    ...define("Namespaces.meta.cosi.dev", "meta", ""),
    message: "cosi.resource.NamespaceSpec",
    aliases: ["ns"],
  },
];

/** Namespaces that Talos has; asking for another one is refused. */
export const namespaces: readonly string[] = [
  "cluster",
  "cluster-raw",
  "config",
  "controlplane",
  "etcd",
  "extensions",
  "files",
  "hardware",
  "k8s",
  "kubespan",
  "meta",
  "network",
  "network-config",
  "perf",
  "runtime",
  "secrets",
];

/** The spec of a `ResourceDefinitions.meta.cosi.dev` resource. */
export function definitionSpec(definition: ResourceDefinition): Record<string, unknown> {
  const [name = "", ...suffix] = definition.type.split(".");
  const displayType = singular(name);
  const capitals = name.replaceAll(/[^A-Z]/g, "");
  const initials = capitals.length > 1 ? [capitals.toLowerCase()] : [];
  const plural = capitals.length > 1 && !capitals.endsWith("S") ? [`${capitals.toLowerCase()}s`] : [];
  const aliases = [...definition.aliases, displayType.toLowerCase(), ...initials, ...plural];
  const prefixes = suffix
    .slice(1)
    .map((_, index) => [name.toLowerCase(), ...suffix.slice(0, index + 1)].join("."));
  return {
    type: definition.type,
    displayType,
    defaultNamespace: definition.namespace,
    aliases,
    allAliases: [name.toLowerCase(), ...prefixes, ...aliases],
    printColumns: definition.columns.map(([title, jsonPath]) => ({ name: title, jsonPath })),
    sensitivity: definition.sensitive ? "SENSITIVE" : "NON_SENSITIVE",
  };
}

function singular(name: string): string {
  if (/(?:ses|xes)$/.test(name)) return name.slice(0, -2);
  if (name.endsWith("ies")) return `${name.slice(0, -3)}y`;
  return name.replace(/s$/, "");
}
