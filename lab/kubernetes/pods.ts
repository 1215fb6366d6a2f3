// Plays the pods: the real kwok with stages of our own. It leaves Nodes alone (the machines' kubelets own them), the
// mirrors of static pods, and Flux's pods (lab/flux runs those for real).
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { startProcess, type ManagedProcess } from "../processes.ts";
import { mirrorTier } from "./mirrorPods.ts";

/** What it needs. */
export interface PodsOptions {
  /** Path of kwok. */
  readonly kwok: string;
  /** Text of an admin kubeconfig. */
  readonly kubeconfig: string;
  /** Private folder for its files. */
  readonly folder: string;
  /** `host:port` for its own server. */
  readonly serverAddress: string;
  readonly logFile: string;
  /** Addresses of pods, e.g. `10.244.0.0/16`. */
  readonly podCidr: string;
}

/** Starts playing. */
export async function startPods(options: PodsOptions): Promise<ManagedProcess> {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  const kubeconfig = join(options.folder, "kwok.kubeconfig");
  const config = join(options.folder, "kwok.yaml");
  writeFileSync(kubeconfig, options.kubeconfig, { mode: 0o600 });
  writeFileSync(
    config,
    stages()
      .map((stage) => stringify(stage))
      .join("---\n"),
  );
  return startProcess({
    name: "kwok",
    command: options.kwok,
    args: [
      `--kubeconfig=${kubeconfig}`,
      `--config=${config}`,
      "--manage-all-nodes",
      `--cidr=${options.podCidr}`,
      `--server-address=${options.serverAddress}`,
    ],
    logFile: options.logFile,
    restart: true,
  });
}

const labelsOfOthers = [
  { key: '.metadata.labels["app.kubernetes.io/part-of"]', operator: "NotIn", values: ["flux"] },
  { key: ".metadata.labels.tier", operator: "NotIn", values: [mirrorTier] },
];
const alive = { key: ".metadata.deletionTimestamp", operator: "DoesNotExist" };
const dying = { key: ".metadata.deletionTimestamp", operator: "Exists" };

/** The stages, as kwok's documentation describes them (kwok.x-k8s.io/v1alpha1 Stage). */
function stages(): readonly object[] {
  return [
    // kwok plays no pods at all without a Node stage. This one never matches.
    stage("node-untouched", "Node", [{ key: ".metadata.name", operator: "In", values: [""] }], {
      statusTemplate: "{}",
    }),
    stage(
      "pod-runs",
      "Pod",
      [alive, { key: ".status.phase", operator: "In", values: ["Pending"] }, ...labelsOfOthers],
      { statusTemplate: runningStatus },
    ),
    stage(
      "job-completes",
      "Pod",
      [
        alive,
        { key: ".status.phase", operator: "In", values: ["Running"] },
        { key: ".metadata.ownerReferences.[].kind", operator: "In", values: ["Job"] },
      ],
      { statusTemplate: succeededStatus },
    ),
    stage("pod-ends", "Pod", [dying, ...labelsOfOthers], { delete: true, finalizers: { empty: true } }),
  ];
}

function stage(name: string, kind: string, matchExpressions: readonly object[], next: object): object {
  return {
    apiVersion: "kwok.x-k8s.io/v1alpha1",
    kind: "Stage",
    metadata: { name },
    spec: { resourceRef: { apiGroup: "v1", kind }, selector: { matchExpressions }, next },
  };
}

const runningStatus = `
{{ $now := Now }}
phase: Running
startTime: {{ $now | Quote }}
conditions:
{{ range list "Initialized" "ContainersReady" "Ready" }}
- {type: {{ . }}, status: "True", lastTransitionTime: {{ $now | Quote }}}
{{ end }}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: true
  started: true
  restartCount: 0
  state: {running: {startedAt: {{ $now | Quote }}}}
{{ end }}
initContainerStatuses:
{{ range .spec.initContainers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  restartCount: 0
{{ if eq .restartPolicy "Always" }}
  ready: true
  started: true
  state: {running: {startedAt: {{ $now | Quote }}}}
{{ else }}
  ready: true
  state: {terminated: {exitCode: 0, reason: Completed, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }}}}
{{ end }}
{{ end }}
{{ with NodeIPsWith .spec.nodeName }}
hostIP: {{ index . 0 | Quote }}
hostIPs:
{{ range . }}
- ip: {{ . | Quote }}
{{ end }}
{{ end }}
{{ with PodIPsWith .spec.nodeName ( or .spec.hostNetwork false ) ( or .metadata.uid "" ) ( or .metadata.name "" ) ( or .metadata.namespace "" ) }}
podIP: {{ index . 0 | Quote }}
podIPs:
{{ range . }}
- ip: {{ . | Quote }}
{{ end }}
{{ end }}
`;

const succeededStatus = `
{{ $now := Now }}
phase: Succeeded
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: false
  started: false
  restartCount: 0
  state: {terminated: {exitCode: 0, reason: Completed, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }}}}
{{ end }}
`;
