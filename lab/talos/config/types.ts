// What the lab reads out of a machine config.
import type { YamlObject } from "./decode.ts";

/** A certificate and, on control planes, its key, both as PEM. */
export interface CertificateAndKey {
  readonly crt: string;
  /** Undefined where the config leaves it out, as in every worker's config. */
  readonly key: string | undefined;
}

/** An image a static pod or the kubelet runs from. */
export interface ComponentImage {
  /** Full reference, e.g. `registry.k8s.io/kube-apiserver:v1.35.4`. */
  readonly image: string;
  /** The tag without digest, e.g. `v1.35.4`. */
  readonly version: string;
  /** `extraArgs` of the component, e.g. `{"feature-gates": "…"}`. Empty when not set. */
  readonly extraArgs: Readonly<Record<string, string>>;
}

/** One applied machine config, with Talos' defaults filled in. */
export interface MachineConfig {
  /** The bytes exactly as they were applied. Hold secrets: never log. */
  readonly raw: Buffer;
  readonly type: "controlplane" | "worker";
  /** Host and node name, e.g. `k8s-1`; Talos' stable generated name when the config sets none. */
  readonly hostname: string;
  /** `cluster.clusterName`, e.g. `lab`. */
  readonly clusterName: string;
  /** `cluster.id`: machines with the same id form one cluster. */
  readonly clusterId: string;
  readonly clusterSecret: string;
  /** `cluster.controlPlane.endpoint`, e.g. `https://127.10.1.10:6443`. */
  readonly endpoint: string;
  /** `cluster.controlPlane.localAPIServerPort`, 6443 by default. */
  readonly apiServerPort: number;
  /** `machine.token`: workers get their certificates with it. */
  readonly machineToken: string;
  /** The Talos API's CA. */
  readonly machineCA: CertificateAndKey;
  /** Further CAs (PEM) whose clients the Talos API accepts. */
  readonly acceptedCAs: readonly string[];
  /** Additional names and addresses for the Talos API's certificate. */
  readonly certSANs: readonly string[];
  readonly install: {
    /** e.g. `/dev/vda`; empty when chosen by a selector. */
    readonly disk: string;
    /** Installer image, e.g. `factory.talos.dev/metal-installer/<schematic>:v1.12.0`. */
    readonly image: string;
  };
  readonly kubelet: ComponentImage;
  readonly apiServer: ComponentImage & { readonly certSANs: readonly string[] };
  readonly controllerManager: ComponentImage;
  readonly scheduler: ComponentImage;
  readonly proxy: ComponentImage & { readonly disabled: boolean };
  readonly etcd: ComponentImage & { readonly ca: CertificateAndKey | undefined };
  /** Kubernetes' CA; the key only on control planes. */
  readonly clusterCA: CertificateAndKey;
  readonly aggregatorCA: CertificateAndKey | undefined;
  /** Private key (PEM) that signs service account tokens; control planes only. */
  readonly serviceAccountKey: string | undefined;
  /** `cluster.token`, the kubelets' bootstrap token. */
  readonly bootstrapToken: string;
  readonly secretboxEncryptionSecret: string | undefined;
  readonly aescbcEncryptionSecret: string | undefined;
  /** e.g. `["10.244.0.0/16"]`. */
  readonly podSubnets: readonly string[];
  /** e.g. `["10.96.0.0/12"]`. */
  readonly serviceSubnets: readonly string[];
  /** e.g. `cluster.local`. */
  readonly dnsDomain: string;
  /** `flannel` (default), `none` or `custom`. */
  readonly cniName: string;
  readonly coreDNSDisabled: boolean;
  readonly nodeLabels: Readonly<Record<string, string>>;
  readonly nodeAnnotations: Readonly<Record<string, string>>;
  /** Key to `value:effect`, e.g. `{"dedicated": "db:NoSchedule"}`. */
  readonly nodeTaints: Readonly<Record<string, string>>;
  readonly allowSchedulingOnControlPlanes: boolean;
  /** Life of the admin certificate in a kubeconfig, seconds; one year by default. */
  readonly adminKubeconfigLifetimeSeconds: number;
  /** `machine` and `cluster` as written, for what is not listed above. */
  readonly machine: YamlObject;
  readonly cluster: YamlObject;
}
