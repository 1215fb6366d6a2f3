// What the static pods of a control plane are made of, and the versions of that. A resource per program (`talosctl get
// apiserverconfigs`) changes its version as soon as the machine config changes it; the pod that runs says in an annotation
// which version it was made of. `talosctl upgrade-k8s` compares the two to see when the pod is the new one.
// Source: siderolabs/talos v1.12 internal/app/machined/pkg/controllers/k8s/control_plane_static_pod.go
import type { MachineConfig } from "../config.ts";
import { ResourceVersions } from "../cosi/versions.ts";
import { isObject } from "./decode.ts";

/** The static pods' names, which are also the programs'. */
export const staticPodNames = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"] as const;

/** Name of one of them. */
export type StaticPodName = (typeof staticPodNames)[number];

/** What a static pod was made of. Each is a whole number in decimal digits, which grows from 1 since the boot. */
export interface StaticPodVersions {
  /** Of the program's config resource; annotation `talos.dev/config-version`. */
  readonly config: string;
  /** Of certificates and keys; annotation `talos.dev/secrets-version`. */
  readonly secrets: string;
  /** Of the files beside them, as the admission config; annotation `talos.dev/config-file-version`. */
  readonly files: string;
}

/** The specs of `APIServerConfig`, `ControllerManagerConfig` and `SchedulerConfig`, by program. */
export function staticPodConfigs(config: MachineConfig): Readonly<Record<StaticPodName, object>> {
  const { apiServer, controllerManager, scheduler } = config;
  return {
    "kube-apiserver": {
      image: apiServer.image,
      cloudProvider: "",
      controlPlaneEndpoint: config.endpoint,
      etcdServers: ["https://localhost:2379"],
      localPort: config.apiServerPort,
      serviceCIDR: config.serviceSubnets,
      extraArgs: apiServer.extraArgs,
      ...more(config, "apiServer"),
      advertisedAddress: "$(POD_IP)",
    },
    "kube-controller-manager": {
      enabled: true,
      image: controllerManager.image,
      cloudProvider: "",
      podCIDRs: config.podSubnets,
      serviceCIDRs: config.serviceSubnets,
      extraArgs: controllerManager.extraArgs,
      ...more(config, "controllerManager"),
    },
    "kube-scheduler": {
      enabled: true,
      image: scheduler.image,
      extraArgs: scheduler.extraArgs,
      ...more(config, "scheduler"),
    },
  };
}

/** Counts the versions of one boot. */
export class StaticPodCounter {
  readonly #counted = new ResourceVersions();

  /** The versions that a pod made of this config has. */
  of(config: MachineConfig): Readonly<Record<StaticPodName, StaticPodVersions>> {
    const specs = staticPodConfigs(config);
    const count = (key: string, content: unknown): string =>
      this.#counted.of(key, JSON.stringify(content)).version;
    const secrets = count("secrets", secretsOf(config));
    const files = count("files", filesOf(config));
    const versions = staticPodNames.map((name) => [
      name,
      { config: count(name, specs[name]), secrets, files },
    ]);
    return Object.fromEntries(versions) as Record<StaticPodName, StaticPodVersions>;
  }
}

/** Whether a pod made of one is another pod than one made of the other. */
export function differ(one: StaticPodVersions, other: StaticPodVersions): boolean {
  return one.config !== other.config || one.secrets !== other.secrets || one.files !== other.files;
}

/** What certificates and keys are made from, names included: another name is another certificate. */
function secretsOf(config: MachineConfig): unknown {
  return [
    config.clusterCA,
    config.aggregatorCA,
    config.etcd.ca,
    config.serviceAccountKey,
    config.secretboxEncryptionSecret,
    config.aescbcEncryptionSecret,
    config.apiServer.certSANs,
    config.endpoint,
    config.hostname,
  ];
}

function filesOf({ cluster }: MachineConfig): unknown {
  const [apiServer, scheduler] = [part(cluster, "apiServer"), part(cluster, "scheduler")];
  return [
    apiServer["admissionControl"],
    apiServer["auditPolicy"],
    apiServer["authorizationConfig"],
    scheduler["config"],
  ];
}

function more({ cluster }: MachineConfig, key: string): object {
  const component = part(cluster, key);
  return {
    extraVolumes: component["extraVolumes"] ?? [],
    environmentVariables: component["env"] ?? {},
    ...(component["resources"] === undefined ? {} : { resources: component["resources"] }),
  };
}

function part(value: Readonly<Record<string, unknown>>, key: string): Readonly<Record<string, unknown>> {
  const found = value[key];
  return isObject(found) ? found : {};
}
