// A Flux controller's account, Services and Deployment.
import { fluxLabels, fluxNamespace, type KubeObject } from "./object.ts";
import type { FluxController, FluxSet } from "./sets.ts";

/** What a controller has that the others do not. */
interface Traits {
  /** Named ports besides metrics and health. */
  readonly ports?: Readonly<Record<string, number>>;
  /** Services by name, with the port each leads to. */
  readonly services?: Readonly<Record<string, string>>;
  /** Arguments after the common ones. */
  readonly args?: readonly string[];
  readonly env?: readonly object[];
  /** Volumes by name, with the path. */
  readonly volumes: Readonly<Record<string, string>>;
  /** Whether it must run before workloads are placed. */
  readonly critical: boolean;
  /** Seconds to finish what it is doing. */
  readonly graceSeconds: number;
  readonly cpuRequest: string;
  /** Whether it sends events to notification-controller (which does not to itself). */
  readonly sendsEvents: boolean;
  readonly readiness?: object;
  /** Default: RollingUpdate. */
  readonly strategy?: "Recreate";
}

/** The Go runtime collects earlier when it knows the limit. */
const memoryLimit = {
  name: "GOMEMLIMIT",
  valueFrom: { resourceFieldRef: { containerName: "manager", resource: "limits.memory" } },
};
const usual = {
  volumes: { temp: "/tmp" },
  cpuRequest: "100m",
  sendsEvents: true,
  env: [memoryLimit],
} as const;

/** Source: config/manager/deployment.yaml of each controller's Go module, and fluxcd/flux2 v2.9 manifests/bases. */
const traits: Readonly<Record<string, Traits>> = {
  "source-controller": {
    ports: { http: 9090 },
    services: { "source-controller": "http" },
    args: [
      "--storage-path=/data",
      "--storage-adv-addr=source-controller.$(RUNTIME_NAMESPACE).svc.cluster.local.",
    ],
    env: [{ name: "TUF_ROOT", value: "/tmp/.sigstore" }, memoryLimit],
    volumes: { data: "/data", tmp: "/tmp" },
    critical: true,
    graceSeconds: 10,
    cpuRequest: "50m",
    sendsEvents: true,
    readiness: { path: "/", port: "http" },
    strategy: "Recreate",
  },
  "kustomize-controller": { ...usual, critical: true, graceSeconds: 60 },
  "helm-controller": { ...usual, critical: true, graceSeconds: 600 },
  "notification-controller": {
    ...usual,
    ports: { http: 9090, "http-webhook": 9292 },
    services: { "notification-controller": "http", "webhook-receiver": "http-webhook" },
    critical: false,
    graceSeconds: 10,
    sendsEvents: false,
  },
};

/** The objects of one controller. @throws Error when nothing is known about it */
export function controllerObjects(set: FluxSet, controller: FluxController): readonly KubeObject[] {
  const { name } = controller;
  const own = traits[name];
  if (own === undefined) throw new Error(`no Deployment is known for Flux's ${name}`);
  const labels = fluxLabels(set, name);
  return [
    {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { labels, name, namespace: fluxNamespace },
    },
    ...Object.entries(own.services ?? {}).map(([service, port]) => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: {
        labels: { ...labels, "control-plane": "controller" },
        name: service,
        namespace: fluxNamespace,
      },
      spec: {
        ports: [{ name: "http", port: 80, protocol: "TCP", targetPort: port }],
        selector: { app: name },
        type: "ClusterIP",
      },
    })),
    deployment(set, controller, own),
  ];
}

function deployment(set: FluxSet, { name, version }: FluxController, own: Traits): KubeObject {
  const labels = fluxLabels(set, name);
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { labels: { ...labels, "control-plane": "controller" }, name, namespace: fluxNamespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      ...(own.strategy === undefined ? {} : { strategy: { type: own.strategy } }),
      template: {
        metadata: {
          annotations: { "prometheus.io/port": "8080", "prometheus.io/scrape": "true" },
          labels: { app: name, ...labels },
        },
        spec: {
          containers: [container(name, version, own)],
          nodeSelector: { "kubernetes.io/os": "linux" },
          ...(own.critical ? { priorityClassName: "system-cluster-critical" } : {}),
          securityContext: { fsGroup: 1337 },
          serviceAccountName: name,
          terminationGracePeriodSeconds: own.graceSeconds,
          volumes: Object.keys(own.volumes).map((volume) => ({ emptyDir: {}, name: volume })),
        },
      },
    },
  };
}

function container(name: string, version: string, own: Traits): object {
  const ports = { ...own.ports, "http-prom": 8080, healthz: 9440 };
  const runtimeNamespace = {
    name: "RUNTIME_NAMESPACE",
    valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } },
  };
  const events = "--events-addr=http://notification-controller.$(RUNTIME_NAMESPACE).svc.cluster.local./";
  return {
    args: [
      ...(own.sendsEvents ? [events] : []),
      "--watch-all-namespaces=true",
      "--log-level=info",
      "--log-encoding=json",
      "--enable-leader-election",
      ...(own.args ?? []),
    ],
    env: [runtimeNamespace, ...(own.env ?? [])],
    image: `ghcr.io/fluxcd/${name}:${version}`,
    imagePullPolicy: "IfNotPresent",
    livenessProbe: { httpGet: { path: "/healthz", port: "healthz" } },
    name: "manager",
    ports: Object.entries(ports).map(([port, number]) => ({
      containerPort: number,
      name: port,
      protocol: "TCP",
    })),
    readinessProbe: { httpGet: own.readiness ?? { path: "/readyz", port: "healthz" } },
    resources: {
      limits: { cpu: "1000m", memory: "1Gi" },
      requests: { cpu: own.cpuRequest, memory: "64Mi" },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    },
    volumeMounts: Object.entries(own.volumes).map(([volume, mountPath]) => ({ mountPath, name: volume })),
  };
}
