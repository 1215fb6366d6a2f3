// What a machine's resources say at this moment. Computed on every question: the machine is the only truth.
import { createHash } from "node:crypto";
import type { MachineConfig } from "../config.ts";
import type { TalosMachine } from "../machine.ts";
import { kubernetesResources } from "./kubernetes.ts";

/** One resource's identity and content. */
export interface ResourceContent {
  readonly id: string;
  /** In Talos' YAML form. */
  readonly spec: unknown;
  /** Fields of the protobuf form that differ from the YAML form. */
  readonly proto?: Readonly<Record<string, unknown>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Version of the resource, where it does not just count up. */
  readonly version?: string;
}

const stageNumbers: Readonly<Record<string, number>> = {
  booting: 1,
  installing: 2,
  maintenance: 3,
  running: 4,
  rebooting: 5,
  "shutting down": 6,
  resetting: 7,
  upgrading: 8,
};

const machineTypeNumbers = { controlplane: 2, worker: 3 } as const;
const phaseReady = 6;
const gib = 1024 ** 3;

/** All resources of a kind; empty for kinds that a machine has none of now. */
export async function resourcesOf(machine: TalosMachine, type: string): Promise<readonly ResourceContent[]> {
  const make = kinds[type];
  if (make) return make(machine, machine.config);
  return machine.config ? kubernetesResources(machine, machine.config, type) : [];
}

const kinds: Readonly<
  Record<string, (machine: TalosMachine, config: MachineConfig | undefined) => readonly ResourceContent[]>
> = {
  "MachineStatuses.runtime.talos.dev": (machine) => {
    const unmetConditions = ["booting", "running"].includes(machine.state) ? machine.unmet : [];
    const status = { ready: unmetConditions.length === 0, unmetConditions };
    return [
      {
        id: "machine",
        spec: { stage: machine.state, status },
        proto: { stage: stageNumbers[machine.state] ?? 0 },
      },
    ];
  },
  "Versions.runtime.talos.dev": (machine) => [{ id: "version", spec: { version: machine.talosVersion } }],
  "ExtensionStatuses.runtime.talos.dev": (machine) => {
    const schematic = machine.record.installed?.schematic ?? "";
    if (schematic === "") return [];
    const metadata = {
      name: "schematic",
      version: schematic,
      author: "Image Factory",
      description: "Virtual extension which specifies the schematic of the image built with Image Factory.",
      extraInfo: "",
    };
    return [{ id: "0", spec: { image: "", metadata } }];
  },
  "Diagnostics.runtime.talos.dev": () => [],
  "VolumeStatuses.block.talos.dev": (machine) => {
    const { installed } = machine.record;
    if (!installed) return [];
    const disk = machine.disks.find(({ path }) => path === installed.disk);
    const sizes = { META: 1024 ** 2, STATE: 100 * 1024 ** 2, EPHEMERAL: (disk?.size ?? 64 * gib) - 3 * gib };
    return Object.entries(sizes).map(([id, size], index) => ({
      id,
      spec: {
        phase: "ready",
        type: "partition",
        location: `${installed.disk}${String(index + 4)}`,
        parentLocation: installed.disk,
        partitionIndex: index + 4,
        size,
        prettySize: prettySize(size, true),
        filesystem: id === "META" ? "none" : "xfs",
      },
      proto: { phase: phaseReady, type: 0, filesystem: id === "META" ? 0 : 1, size: String(size) },
    }));
  },
  "Disks.block.talos.dev": (machine) =>
    machine.has("diskMissing")
      ? []
      : machine.disks.map((disk) => ({
          id: disk.path.replace("/dev/", ""),
          spec: {
            dev_path: disk.path,
            size: disk.size,
            pretty_size: prettySize(disk.size, false),
            io_size: 512,
            sector_size: 512,
            readonly: false,
            cdrom: false,
            model: disk.model,
            serial: disk.serial,
            wwid: `lab.${machine.name}.${disk.serial}`,
            bus_path: "/virtual",
            sub_system: "/sys/class/block",
            transport: "virtio",
          },
          proto: { size: String(disk.size) },
        })),
  "SystemDisks.block.talos.dev": (machine) => {
    const { installed } = machine.record;
    if (!installed) return [];
    const spec = { diskID: installed.disk.replace("/dev/", ""), devPath: installed.disk };
    return [{ id: "system-disk", spec }];
  },
  "Services.v1alpha1.talos.dev": (machine) =>
    machine.services
      .list()
      .filter(({ state }) => state === "Running")
      .map(({ id, healthy }) => ({
        id,
        spec: { running: true, healthy: healthy === true, unknown: healthy === undefined },
      })),
  "TimeStatuses.v1alpha1.talos.dev": (machine) => [
    { id: "node", spec: { synced: !machine.has("clockSkew"), epoch: 1, syncDisabled: false } },
  ],
  "MachineConfigs.config.talos.dev": (machine, config) => {
    if (!config) return [];
    const resource = (id: string, raw: Buffer): ResourceContent => ({
      id,
      spec: raw.toString("utf8"),
      proto: { yamlMarshalled: raw },
      // Without it talosctl takes the machine for an older Talos and reads the config in another way.
      annotations: { "talos.dev/yaml-spec": "1" },
    });
    const persisted = machine.disk.loadConfig() ?? config.raw;
    return [resource("persistent", persisted), resource("v1alpha1", config.raw)];
  },
  "MachineTypes.config.talos.dev": (_machine, config) =>
    config
      ? [{ id: "machine-type", spec: config.type, proto: { machineType: machineTypeNumbers[config.type] } }]
      : [],
  "Members.cluster.talos.dev": (machine, config) =>
    config ? machine.options.peers.members(config.clusterId).flatMap((peer) => memberOf(peer)) : [],
  "Identities.cluster.talos.dev": (machine) => [{ id: "local", spec: { nodeId: machine.record.nodeId } }],
  "HostnameStatuses.net.talos.dev": (machine, config) => [
    { id: "hostname", spec: { hostname: config?.hostname ?? generatedHostname(machine), domainname: "" } },
  ],
  "AddressStatuses.net.talos.dev": (machine) => [
    {
      id: `eth0/${machine.address}/24`,
      spec: { address: `${machine.address}/24`, linkIndex: 2, linkName: "eth0" },
      proto: { address: prefix(machine.address, 24) },
    },
  ],
  "NodeAddresses.net.talos.dev": (machine) =>
    ["current", "default", "routed"].map((id) => ({
      id,
      spec: { addresses: [`${machine.address}/24`], sortAlgorithm: "v2" },
      proto: { addresses: [prefix(machine.address, 24)] },
    })),
};

/** An IPv4 address as bytes. */
export function addressBytes(address: string): Buffer {
  return Buffer.from(address.split(".").map(Number));
}

/** Identity of a resource's content: what a version number counts. */
export function fingerprint(content: ResourceContent): string {
  return createHash("sha256")
    .update(JSON.stringify([content.spec, content.proto]))
    .digest("hex");
}

function memberOf(peer: TalosMachine): ResourceContent[] {
  const { config } = peer;
  if (!config) return [];
  const controlPlane = config.type === "controlplane" ? { controlPlane: { port: config.apiServerPort } } : {};
  return [
    {
      id: config.hostname,
      spec: {
        nodeId: peer.record.nodeId,
        addresses: [peer.address],
        hostname: config.hostname,
        machineType: config.type,
        operatingSystem: `Talos (${peer.talosVersion})`,
        ...controlPlane,
      },
      proto: {
        addresses: [{ ip: addressBytes(peer.address) }],
        machineType: machineTypeNumbers[config.type],
      },
    },
  ];
}

function generatedHostname(machine: TalosMachine): string {
  return `talos-${machine.address.replaceAll(".", "-")}`;
}

function prefix(address: string, length: number): object {
  return { ip: addressBytes(address), prefix_length: length };
}

function prettySize(bytes: number, binary: boolean): string {
  const base = binary ? 1024 : 1000;
  const units = binary ? ["B", "KiB", "MiB", "GiB", "TiB"] : ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(Math.floor(Math.log(bytes) / Math.log(base)), units.length - 1);
  const value = bytes / base ** power;
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ${units[power] ?? "B"}`;
}
