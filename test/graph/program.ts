// What the whole program is given under mocks: a cluster of one control plane and one worker, without any file or config.
import * as pulumi from "@pulumi/pulumi";
import type { Config } from "../../src/config/config.ts";
import type { DeployOptions } from "./deploy.ts";

const schematicId = "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba";

function node(name: string, address: string, role: "controlplane" | "worker"): Config["nodes"][number] {
  const installerImage = `factory.talos.dev/metal-installer/${schematicId}:v1.12.0`;
  return { name, address, role, disk: "/dev/vda", schematicId, installerImage, patches: [], generation: 1 };
}

function flux(apiVersion: string, kind: string, name: string, spec: object): Record<string, unknown> {
  const annotations = { "kustomize.toolkit.fluxcd.io/reconcile": "disabled" };
  return { apiVersion, kind, metadata: { name, namespace: "flux-system", annotations }, spec };
}

/** A valid config; the age identity is a secret made up for this test. */
export function testConfig(overrides: Partial<Config> = {}): Config {
  const controlPlane = node("k8s-1", "192.0.2.11", "controlplane");
  const worker = node("k8s-2", "192.0.2.21", "worker");
  return {
    cluster: {
      name: "test",
      endpoint: "https://192.0.2.10:6443",
      talosContract: "v1.12",
    },
    network: { nodeCidr: "192.0.2.0/24", podCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/12" },
    versions: { talos: "v1.12.0", kubernetes: "v1.35.4", cilium: "1.19.7" },
    nodes: [controlPlane, worker],
    gone: [],
    controlPlanes: [controlPlane],
    workers: [worker],
    patches: { common: [], controlplane: [], worker: [] },
    github: { owner: "home", repository: "home-cluster" },
    git: {
      url: "ssh://git@github.com/home/home-cluster.git",
      branch: "main",
      host: "github.com",
      port: 22,
      knownHosts: ["github.com ssh-ed25519 AAAA"],
    },
    tree: {
      path: "cluster",
      ciliumValues: { operator: { replicas: 1 } },
      ociRepository: flux("source.toolkit.fluxcd.io/v1", "OCIRepository", "flux-manifests", {
        ref: { tag: "v2.9.4" },
      }),
      fluxKustomization: flux("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "flux", { prune: true }),
      gitRepository: flux("source.toolkit.fluxcd.io/v1", "GitRepository", "home-cluster", {
        url: "ssh://x",
        ref: { branch: "main" },
      }),
      clusterKustomization: flux("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "cluster", {
        path: "./cluster/flux",
      }),
    },
    ageKey: { file: "age.txt", identity: pulumi.secret("AGE-SECRET-KEY-1TEST"), recipients: ["age1test"] },
    upgrades: { workersAtOnce: 1, drainSeconds: 300, rebootSeconds: 1_200, ciliumSeconds: 600 },
    suspend: false,
    protect: true,
    lastRun: { versions: {} },
    warnings: [],
    ...overrides,
  } as unknown as Config;
}

const client = { caCertificate: "Y2E=", clientCertificate: "Y3J0", clientKey: "a2V5" };

/** What the plugins answer once everything exists. */
export const answers: DeployOptions = {
  outputs: {
    "talos:machine/secrets:Secrets": {
      machineSecrets: { cluster: { id: "cluster-id", secret: "s" } },
      clientConfiguration: client,
    },
    "talos:cluster/kubeconfig:Kubeconfig": { kubeconfigRaw: "apiVersion: v1\nclusters:\n- name: test\n" },
    "command:local:Command": {
      stdout: '{"privateKey":"PRIVATE","publicKey":"ssh-ed25519 PUBLIC","token":"TOKEN"}',
      stderr: "",
    },
  },
  invokes: { "talos:machine/getConfiguration:getConfiguration": { machineConfiguration: "machine: {}\n" } },
};
