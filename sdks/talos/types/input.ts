import type * as pulumi from "@pulumi/pulumi";

/** What functions and resources of `machine` take. */
export namespace machine {
  /** The client certificate of the Talos API. PEM, base64-encoded, as in a talosconfig. */
  export interface ClientConfiguration {
    caCertificate: pulumi.Input<string>;
    clientCertificate: pulumi.Input<string>;
    /** Secret. */
    clientKey: pulumi.Input<string>;
  }

  /** What a machine does when its config is destroyed. */
  export interface ConfigurationApplyOnDestroy {
    /** Leave etcd and drain the node first. */
    graceful?: pulumi.Input<boolean | undefined>;
    /** Reboot instead of shutting down. */
    reboot?: pulumi.Input<boolean | undefined>;
    /** Wipe the machine. */
    reset?: pulumi.Input<boolean | undefined>;
  }

  /** Limits by operation, as Go durations, e.g. `5m`. Default: ten minutes each. */
  export interface Timeout {
    create?: pulumi.Input<string | undefined>;
    delete?: pulumi.Input<string | undefined>;
    update?: pulumi.Input<string | undefined>;
  }

  /** A certificate with its key; PEM, base64-encoded. */
  export interface CertificateArgs {
    cert: pulumi.Input<string>;
    key: pulumi.Input<string>;
  }

  /** A key alone; PEM, base64-encoded. */
  export interface KeyArgs {
    key: pulumi.Input<string>;
  }

  /** The cluster's CAs. */
  export interface CertificatesArgs {
    etcd: pulumi.Input<CertificateArgs>;
    k8s: pulumi.Input<CertificateArgs>;
    k8sAggregator: pulumi.Input<CertificateArgs>;
    k8sServiceaccount: pulumi.Input<KeyArgs>;
    os: pulumi.Input<CertificateArgs>;
  }

  /** What machines of a cluster recognize each other by. */
  export interface ClusterArgs {
    id: pulumi.Input<string>;
    secret: pulumi.Input<string>;
  }

  /** Token and encryption keys of Kubernetes. */
  export interface SecretsArgs {
    aescbcEncryptionSecret?: pulumi.Input<string | undefined>;
    bootstrapToken: pulumi.Input<string>;
    secretboxEncryptionSecret: pulumi.Input<string>;
  }

  /** Token with which a machine asks for its certificate. */
  export interface TrustdInfoArgs {
    token: pulumi.Input<string>;
  }

  /** All secrets of a cluster. */
  export interface MachineSecretsArgs {
    certs: pulumi.Input<CertificatesArgs>;
    cluster: pulumi.Input<ClusterArgs>;
    secrets: pulumi.Input<SecretsArgs>;
    trustdinfo: pulumi.Input<TrustdInfoArgs>;
  }
}

/** What functions and resources of `cluster` take. */
export namespace cluster {
  /** See `machine.ClientConfiguration`. */
  export interface KubeconfigClientConfiguration {
    caCertificate: pulumi.Input<string>;
    clientCertificate: pulumi.Input<string>;
    /** Secret. */
    clientKey: pulumi.Input<string>;
  }

  /** Limits by operation, as Go durations, e.g. `5m`. Default: ten minutes each. */
  export interface KubeconfigTimeouts {
    create?: pulumi.Input<string | undefined>;
    update?: pulumi.Input<string | undefined>;
  }
}
