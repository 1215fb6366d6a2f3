// What a machine says about itself: version, host name, memory, load, containers, files.
import { StatusError } from "../errors.ts";
import { stream, unary } from "../handler.ts";
import type { Handlers } from "../handler.ts";
import { resolveImage } from "../imageStore.ts";
import type { TalosMachine } from "../machine.ts";
import type { Message } from "../protos.ts";
import { timestamp } from "../serviceTable.ts";

const kib = 1024;

/** Methods about the machine. */
export const hardwareHandlers: Handlers = {
  Version: unary((_request, { machine }) => versionMessage(machine)),
  Hostname: unary((_request, { machine }) => ({ hostname: machine.config?.hostname ?? "" })),
  Memory: unary((_request, { machine }) => {
    const total = (machine.options.memoryMiB ?? 8192) * kib;
    return {
      meminfo: {
        memtotal: String(total),
        memfree: String(Math.round(total * 0.6)),
        memavailable: String(Math.round(total * 0.8)),
        buffers: "0",
        cached: String(Math.round(total * 0.2)),
      },
    };
  }),
  LoadAvg: unary(() => ({ load1: 0.1, load5: 0.1, load15: 0.1 })),
  Stats: unary((request, { machine }) => ({ stats: containersOf(machine, request).map(statOf) })),
  Containers: unary((request, { machine }) => ({
    containers: containersOf(machine, request).map((id, index) => ({
      namespace: String(request["namespace"]),
      id,
      name: id,
      pid: 1000 + index,
      status: "RUNNING",
      image: imageOf(machine, id),
    })),
  })),
  Read: stream(async function* (request, { machine }) {
    const path = String(request["path"]);
    const content = fileContent(machine, path);
    if (content === undefined) throw new StatusError("NotFound", `stat ${path}: no such file or directory`);
    yield await Promise.resolve({ bytes: Buffer.from(content) });
  }),
  List: stream(async function* (request, { machine }) {
    const root = String(request["root"]).replace(/\/$/, "");
    const names = folderContent(machine, root);
    if (names === undefined) throw new Error(`lstat ${root}: no such file or directory`);
    for (const name of [".", ...names])
      yield await Promise.resolve({
        name: name === "." ? root : `${root}/${name}`,
        relative_name: name,
        mode: 0o700,
        modified: String(Math.floor(machine.bootedAt.getTime() / 1000)),
        is_dir: true,
      });
  }),
  ImageList: stream(async function* (request, { machine }) {
    const images = request["namespace"] === "NS_CRI" ? kubernetesImages(machine) : systemImages(machine);
    for (const name of images) yield await Promise.resolve({ name, created_at: timestamp(machine.bootedAt) });
  }),
  ImagePull: unary(async (request, { machine }) => {
    await resolveImage(machine, String(request["reference"]));
    return {};
  }),
};

/** The time service: lab machines have the host's clock. */
export const timeHandlers: Handlers = {
  Time: unary((_request, { machine }) => clock(machine, "time.cloudflare.com")),
  TimeCheck: unary((request, { machine }) => clock(machine, String(request["server"]))),
};

/** The answer to `Version`. */
export function versionMessage(machine: TalosMachine): Message {
  return {
    version: {
      tag: machine.talosVersion,
      sha: "lab",
      built: "",
      go_version: "go1.25.5",
      os: "linux",
      arch: "amd64",
    },
    platform: { name: "metal", mode: "metal" },
    features: { rbac: true },
  };
}

function clock(machine: TalosMachine, server: string): Message {
  const skew = machine.has("clockSkew") ? 24 * 3600 * 1000 : 0;
  return {
    server,
    localtime: timestamp(new Date(Date.now() + skew)),
    remotetime: timestamp(new Date()),
  };
}

function fileContent(machine: TalosMachine, path: string): string | undefined {
  const files: Readonly<Record<string, () => string>> = {
    "/proc/sys/kernel/random/boot_id": () => `${machine.bootId}\n`,
    "/proc/uptime": () => `${((Date.now() - machine.bootedAt.getTime()) / 1000).toFixed(2)} 0.00\n`,
    "/etc/hostname": () => `${machine.config?.hostname ?? ""}\n`,
    "/etc/machine-id": () => `${machine.record.machineId.replaceAll("-", "")}\n`,
    "/etc/os-release": () =>
      `NAME="Talos"\nID=talos\nVERSION_ID=${machine.talosVersion}\nPRETTY_NAME="Talos (${machine.talosVersion})"\n`,
    "/system/state/config.yaml": () => machine.disk.loadConfig()?.toString("utf8") ?? "",
  };
  return files[path]?.();
}

/** Folders that tell something about the machine. */
function folderContent(machine: TalosMachine, path: string): readonly string[] | undefined {
  const began = machine.options.runtime.hasEtcdData();
  const folders: Readonly<Record<string, readonly string[] | undefined>> = {
    "/var/lib/etcd": machine.config?.type === "controlplane" ? (began ? ["member"] : []) : undefined,
    "/var/lib/etcd/member": began ? ["snap", "wal"] : undefined,
  };
  return folders[path];
}

function containersOf(machine: TalosMachine, request: Message): string[] {
  if (request["namespace"] === "k8s.io" || request["driver"] === "CRI")
    return machine.options.runtime
      .staticPods()
      .map(({ name }) => `kube-system/${name}-${machine.config?.hostname ?? ""}`);
  return ["apid", ...(machine.config?.type === "controlplane" ? ["etcd", "trustd"] : []), "kubelet"].filter(
    (id) => machine.services.find(id)?.state === "Running",
  );
}

function statOf(id: string): Message {
  return { namespace: "system", id, name: id, memory_usage: String(64 * kib * kib), cpu_usage: "0" };
}

function imageOf(machine: TalosMachine, id: string): string {
  const { config } = machine;
  const images: Readonly<Record<string, string | undefined>> = {
    etcd: config?.etcd.image,
    kubelet: config?.kubelet.image,
  };
  return images[id] ?? "";
}

function systemImages(machine: TalosMachine): string[] {
  const { config } = machine;
  if (!config) return [];
  return [...(config.type === "controlplane" ? [config.etcd.image] : []), config.kubelet.image];
}

function kubernetesImages(machine: TalosMachine): string[] {
  const { config } = machine;
  if (config?.type !== "controlplane") return [];
  return [config.apiServer.image, config.controllerManager.image, config.scheduler.image];
}
