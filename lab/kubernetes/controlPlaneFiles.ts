// The files that a control plane's programs read: certificates, kubeconfigs, encryption and admission config. Made from
// the machine config on every boot, as Talos renders them, into one folder per machine (files 0600).
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { ports } from "../layout.ts";
import type { CertificateAndKey, MachineConfig } from "../talos/config.ts";
import { issueCertificate, type IssuedCertificate, type Subject } from "./certificates.ts";

/** Where each file lies. */
export type ControlPlaneFiles = Readonly<Record<FileName, string>>;

type FileName =
  | "ca.crt"
  | "ca.key"
  | "aggregator-ca.crt"
  | "etcd-ca.crt"
  | "service-account.key"
  | "service-account.pub"
  | "apiserver.crt"
  | "apiserver.key"
  | "apiserver-kubelet.crt"
  | "apiserver-kubelet.key"
  | "front-proxy.crt"
  | "front-proxy.key"
  | "etcd.crt"
  | "etcd.key"
  | "etcd-client.crt"
  | "etcd-client.key"
  | "controller-manager.kubeconfig"
  | "scheduler.kubeconfig"
  | "encryption.yaml"
  | "admission.yaml";

/**
 * Writes all of them.
 * @param address the machine's own, on which all its programs listen
 */
export async function writeControlPlaneFiles(
  folder: string,
  config: MachineConfig,
  address: string,
): Promise<ControlPlaneFiles> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const contents = await contentsOf(config, address);
  const entries = Object.entries(contents).map(([name, text]) => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return [name, path] as const;
  });
  return Object.fromEntries(entries) as ControlPlaneFiles;
}

async function contentsOf(config: MachineConfig, address: string): Promise<Record<FileName, string>> {
  const etcdCA = required(config.etcd.ca, "cluster.etcd.ca");
  const aggregatorCA = required(config.aggregatorCA, "cluster.aggregatorCA");
  const [apiserver, kubelet, frontProxy, etcd, etcdClient, manager, scheduler] = await Promise.all([
    issueCertificate(config.clusterCA, {
      commonName: "kube-apiserver",
      organization: "kube-master",
      names: apiServerNames(config, address),
      usages: ["server"],
    }),
    issueCertificate(config.clusterCA, client("apiserver-kubelet-client", "system:masters")),
    issueCertificate(aggregatorCA, client("front-proxy-client")),
    issueCertificate(etcdCA, {
      commonName: config.hostname,
      names: [address, config.hostname, "localhost"],
      usages: ["server", "client"],
    }),
    issueCertificate(etcdCA, client("talos-etcd-client")),
    issueCertificate(
      config.clusterCA,
      client("system:kube-controller-manager", "system:kube-controller-manager"),
    ),
    issueCertificate(config.clusterCA, client("system:kube-scheduler", "system:kube-scheduler")),
  ]);
  return {
    "ca.crt": config.clusterCA.crt,
    "ca.key": required(config.clusterCA.key, "cluster.ca.key"),
    "aggregator-ca.crt": aggregatorCA.crt,
    "etcd-ca.crt": etcdCA.crt,
    "service-account.key": required(config.serviceAccountKey, "cluster.serviceAccount.key"),
    // kube-apiserver derives the public half from the private one.
    "service-account.pub": required(config.serviceAccountKey, "cluster.serviceAccount.key"),
    "apiserver.crt": apiserver.crt,
    "apiserver.key": apiserver.key,
    "apiserver-kubelet.crt": kubelet.crt,
    "apiserver-kubelet.key": kubelet.key,
    "front-proxy.crt": frontProxy.crt,
    "front-proxy.key": frontProxy.key,
    "etcd.crt": etcd.crt,
    "etcd.key": etcd.key,
    "etcd-client.crt": etcdClient.crt,
    "etcd-client.key": etcdClient.key,
    "controller-manager.kubeconfig": kubeconfig(config.clusterCA, address, manager),
    "scheduler.kubeconfig": kubeconfig(config.clusterCA, address, scheduler),
    "encryption.yaml": encryptionConfig(config),
    "admission.yaml": admissionConfig(config),
  };
}

function client(commonName: string, organization?: string): Subject {
  return organization === undefined
    ? { commonName, usages: ["client"] }
    : { commonName, organization, usages: ["client"] };
}

/** Everything under which clients may reach the API. Source: siderolabs/talos v1.12 internal/app/machined secrets/kubernetes_cert_sans.go. */
function apiServerNames(config: MachineConfig, address: string): readonly string[] {
  return [
    address,
    "localhost",
    "127.0.0.1",
    config.hostname,
    new URL(config.endpoint).hostname,
    ...config.apiServer.certSANs,
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    `kubernetes.default.svc.${config.dnsDomain}`,
    ...config.serviceSubnets.map(firstAddress),
  ];
}

/** The first address of a network, which is the Service `kubernetes`, e.g. `10.96.0.0/12` → `10.96.0.1`. */
function firstAddress(subnet: string): string {
  const octets = (subnet.split("/")[0] ?? "").split(".").map(Number);
  octets[3] = (octets[3] ?? 0) + 1;
  return octets.join(".");
}

/** A kubeconfig for a program on the same machine: it talks to its own API server. */
export function kubeconfig(ca: CertificateAndKey, address: string, user: IssuedCertificate): string {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: "lab",
        cluster: {
          server: `https://${address}:${String(ports.kubeApiserver)}`,
          "certificate-authority-data": base64(ca.crt),
        },
      },
    ],
    users: [
      {
        name: "user",
        user: { "client-certificate-data": base64(user.crt), "client-key-data": base64(user.key) },
      },
    ],
    contexts: [{ name: "lab", context: { cluster: "lab", user: "user" } }],
    "current-context": "lab",
  });
}

/** Secrets at rest are encrypted with the machine config's key. Source: as apiServerNames, k8s/control_plane_static_pod. */
function encryptionConfig(config: MachineConfig): string {
  const key = config.secretboxEncryptionSecret;
  const providers =
    key === undefined
      ? [{ aescbc: { keys: [{ name: "key1", secret: config.aescbcEncryptionSecret }] } }]
      : [{ secretbox: { keys: [{ name: "key2", secret: key }] } }];
  return stringify({
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "EncryptionConfiguration",
    resources: [{ resources: ["secrets"], providers: [...providers, { identity: {} }] }],
  });
}

function admissionConfig(config: MachineConfig): string {
  const apiServer = config.cluster["apiServer"] as { admissionControl?: unknown[] } | undefined;
  return stringify({
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "AdmissionConfiguration",
    plugins: apiServer?.admissionControl ?? [],
  });
}

function required<T>(value: T | undefined, path: string): T {
  if (value === undefined) throw new Error(`the machine config of a control plane has no ${path}`);
  return value;
}
