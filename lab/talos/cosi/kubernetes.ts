// The resources about Kubernetes on a machine: what upgrades, drains and health checks read.
import type { MachineConfig } from "../config.ts";
import { staticPodConfigs, type StaticPodName } from "../config/staticPods.ts";
import type { TalosMachine } from "../machine.ts";
import type { ResourceContent } from "./resources.ts";

/** Resources of one of these kinds; empty for any other. */
export async function kubernetesResources(
  machine: TalosMachine,
  config: MachineConfig,
  type: string,
): Promise<readonly ResourceContent[]> {
  if (type.endsWith("Configs.kubernetes.talos.dev")) return controlPlaneConfigs(machine, config, type);
  switch (type) {
    case "Nodenames.kubernetes.talos.dev":
      return [
        {
          id: "nodename",
          spec: { nodename: config.hostname, hostnameVersion: "1", skipNodeRegistration: false },
        },
      ];
    case "NodeStatuses.kubernetes.talos.dev":
      return nodeStatuses(machine, config);
    case "StaticPodStatuses.kubernetes.talos.dev":
      return machine.options.runtime.staticPods().map(({ name, ready }) => {
        const status = {
          phase: "Running",
          podIP: machine.address,
          conditions: ["Initialized", "Ready", "ContainersReady", "PodScheduled"].map((condition) => ({
            type: condition,
            status: ready || !condition.endsWith("Ready") ? "True" : "False",
          })),
        };
        return {
          id: `kube-system/${name}-${config.hostname}`,
          spec: status,
          proto: { podStatus: structOf(status) },
        };
      });
    case "StaticPods.kubernetes.talos.dev":
      return config.type === "controlplane" ? staticPods(config) : [];
    case "KubeletSpecs.kubernetes.talos.dev":
      return [
        { id: "kubelet", spec: { image: config.kubelet.image, args: [], expectedNodename: config.hostname } },
      ];
    case "ConfigStatuses.kubernetes.talos.dev":
      return rendered(machine, "files");
    case "SecretStatuses.kubernetes.talos.dev":
      return rendered(machine, "secrets");
    case "EtcdMembers.etcd.talos.dev":
      return etcdMember(machine, config);
    default:
      return [];
  }
}

/** What upgrade-k8s looks through for flags that the next version no longer has: those that the config adds. */
function staticPods({ apiServer, controllerManager, scheduler }: MachineConfig): ResourceContent[] {
  const components = {
    "kube-apiserver": apiServer,
    "kube-controller-manager": controllerManager,
    "kube-scheduler": scheduler,
  };
  return Object.entries(components).map(([name, { image, extraArgs }]) => {
    const flags = Object.entries(extraArgs).map(([flag, value]) => `--${flag}=${value}`);
    const container = { name, image, command: [`/usr/local/bin/${name}`, ...flags] };
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: "kube-system" },
      spec: { hostNetwork: true, containers: [container] },
    };
    return { id: name, spec: pod, proto: { pod: structOf(pod) } };
  });
}

async function nodeStatuses(machine: TalosMachine, config: MachineConfig): Promise<ResourceContent[]> {
  const nodes = await machine.options.kubernetes?.nodes().catch(() => []);
  const node = nodes?.find(({ name }) => name === config.hostname);
  if (!node) return [];
  const spec = { nodename: node.name, nodeReady: node.ready, unschedulable: !node.schedulable };
  return [{ id: node.name, spec }];
}

async function etcdMember(machine: TalosMachine, config: MachineConfig): Promise<ResourceContent[]> {
  if (config.type !== "controlplane") return [];
  try {
    const { memberId } = await machine.options.runtime.etcdStatus();
    return [{ id: "local", spec: { memberID: BigInt(memberId).toString(16).padStart(16, "0") } }];
  } catch {
    // No etcd yet, so no member.
    return [];
  }
}

const podsOfConfigs: Readonly<Record<string, StaticPodName>> = {
  APIServerConfigs: "kube-apiserver",
  ControllerManagerConfigs: "kube-controller-manager",
  SchedulerConfigs: "kube-scheduler",
};

function controlPlaneConfigs(machine: TalosMachine, config: MachineConfig, type: string): ResourceContent[] {
  if (config.type !== "controlplane") return [];
  const kind = type.split(".")[0] ?? "";
  if (kind === "BootstrapManifestsConfigs") return [{ id: "manifests", spec: manifestsSpec(config) }];
  const pod = podsOfConfigs[kind];
  if (pod === undefined) return [];
  // The same count as the pods' annotation has.
  const version = machine.options.runtime.staticPodVersions()?.[pod].config;
  return [{ id: pod, spec: staticPodConfigs(config)[pod], ...(version === undefined ? {} : { version }) }];
}

/** Keys or files as they are written for the static pods: the same for all, though not every pod says which it has. */
function rendered(machine: TalosMachine, part: "files" | "secrets"): ResourceContent[] {
  const versions = machine.options.runtime.staticPodVersions();
  if (versions === undefined) return [];
  return [{ id: "static-pods", spec: { ready: true, version: versions["kube-apiserver"][part] } }];
}

function manifestsSpec(config: MachineConfig): object {
  return {
    server: config.endpoint,
    clusterDomain: config.dnsDomain,
    podCIDRs: config.podSubnets,
    proxyEnabled: !config.proxy.disabled,
    proxyImage: config.proxy.image,
    coreDNSEnabled: !config.coreDNSDisabled,
    coreDNSImage: "registry.k8s.io/coredns/coredns:v1.13.2",
    dnsServiceIP: "10.96.0.10",
    flannelEnabled: config.cniName === "flannel",
    flannelImage: config.cniName === "flannel" ? "ghcr.io/siderolabs/flannel:v0.27.4" : "",
    cniName: config.cniName,
  };
}

// google.protobuf.Struct spells every value's type out.
function structOf(value: object): object {
  return { fields: Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, valueOf(entry)])) };
}

function valueOf(value: unknown): object {
  if (Array.isArray(value)) return { listValue: { values: value.map(valueOf) } };
  if (typeof value === "object" && value !== null) return { structValue: structOf(value) };
  if (typeof value === "number") return { numberValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return { stringValue: String(value) };
}
