// The resources about Kubernetes on a machine: what upgrades, drains and health checks read.
import type { MachineConfig } from "../config.ts";
import { componentVersion } from "../config/componentVersion.ts";
import type { TalosMachine } from "../machine.ts";
import type { ResourceContent } from "./resources.ts";

/** Resources of one of these kinds; empty for any other. */
export async function kubernetesResources(
  machine: TalosMachine,
  config: MachineConfig,
  type: string,
): Promise<readonly ResourceContent[]> {
  if (type.endsWith("Configs.kubernetes.talos.dev"))
    return controlPlaneConfigs(config, type, machine.address);
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
      return machine.options.runtime.staticPods().map((name) => {
        const status = {
          phase: "Running",
          podIP: machine.address,
          conditions: ["Initialized", "Ready", "ContainersReady", "PodScheduled"].map((condition) => ({
            type: condition,
            status: "True",
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

function controlPlaneConfigs(config: MachineConfig, type: string, address: string): ResourceContent[] {
  if (config.type !== "controlplane") return [];
  const { apiServer, controllerManager, scheduler } = config;
  const specs: Readonly<Record<string, ResourceContent>> = {
    APIServerConfigs: {
      id: "kube-apiserver",
      version: componentVersion(apiServer),
      spec: {
        image: apiServer.image,
        cloudProvider: "",
        controlPlaneEndpoint: config.endpoint,
        etcdServers: ["https://localhost:2379"],
        localPort: config.apiServerPort,
        serviceCIDR: config.serviceSubnets,
        extraArgs: apiServer.extraArgs,
        environmentVariables: {},
        advertisedAddress: address,
      },
    },
    ControllerManagerConfigs: {
      id: "kube-controller-manager",
      version: componentVersion(controllerManager),
      spec: {
        enabled: true,
        image: controllerManager.image,
        cloudProvider: "",
        podCIDRs: config.podSubnets,
        serviceCIDRs: config.serviceSubnets,
        extraArgs: controllerManager.extraArgs,
      },
    },
    SchedulerConfigs: {
      id: "kube-scheduler",
      version: componentVersion(scheduler),
      spec: { enabled: true, image: scheduler.image, extraArgs: scheduler.extraArgs },
    },
    BootstrapManifestsConfigs: {
      id: "manifests",
      spec: {
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
      },
    },
  };
  const content = specs[type.split(".")[0] ?? ""];
  return content ? [content] : [];
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
