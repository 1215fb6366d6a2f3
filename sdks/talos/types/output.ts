/** What functions and resources of `machine` give. */
export namespace machine {
  /** The client certificate of the Talos API. PEM, base64-encoded, as in a talosconfig. */
  export interface ClientConfiguration {
    caCertificate: string;
    clientCertificate: string;
    /** Secret. */
    clientKey: string;
  }

  /** What a machine does when its config is destroyed. */
  export interface ConfigurationApplyOnDestroy {
    graceful: boolean;
    reboot: boolean;
    reset: boolean;
  }

  /** Limits by operation, as Go durations. */
  export interface Timeout {
    create?: string;
    delete?: string;
    update?: string;
  }

  /** A certificate with its key; PEM, base64-encoded. */
  export interface Certificate {
    cert: string;
    key: string;
  }

  /** A key alone; PEM, base64-encoded. */
  export interface Key {
    key: string;
  }

  /** The cluster's CAs. */
  export interface Certificates {
    etcd: Certificate;
    k8s: Certificate;
    k8sAggregator: Certificate;
    k8sServiceaccount: Key;
    os: Certificate;
  }

  /** What machines of a cluster recognize each other by. */
  export interface Cluster {
    id: string;
    secret: string;
  }

  /** Token and encryption keys of Kubernetes. */
  export interface Secrets {
    aescbcEncryptionSecret?: string;
    bootstrapToken: string;
    secretboxEncryptionSecret: string;
  }

  /** Token with which a machine asks for its certificate. */
  export interface TrustdInfo {
    token: string;
  }

  /** All secrets of a cluster. */
  export interface MachineSecrets {
    certs: Certificates;
    cluster: Cluster;
    secrets: Secrets;
    trustdinfo: TrustdInfo;
  }
}

/** What functions and resources of `cluster` give. */
export namespace cluster {
  /** See `machine.ClientConfiguration`. */
  export interface KubeconfigClientConfiguration {
    caCertificate: string;
    clientCertificate: string;
    /** Secret. */
    clientKey: string;
  }

  /** The parts of a kubeconfig, for a provider that takes them one by one. */
  export interface KubeconfigKubernetesClientConfiguration {
    caCertificate: string;
    clientCertificate: string;
    /** Secret. */
    clientKey: string;
    host: string;
  }

  /** Limits by operation, as Go durations. */
  export interface KubeconfigTimeouts {
    create?: string;
    update?: string;
  }
}
