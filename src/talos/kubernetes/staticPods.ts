// Whether a control plane's static pods run what its machine config says. Talos takes a config at once, the kubelet looks
// for changed static pods every 20 s, and a pod needs 40 s to end and to start: until then everything looks well, and is
// the old one. The same comparison as `talosctl upgrade-k8s` makes. Source: siderolabs/talos v1.12.0 pkg/cluster/kubernetes
// talos_managed.go, checkPodStatus; internal/app/machined/pkg/controllers/k8s/control_plane_static_pod.go.
import { conditionOf, type Kubernetes, type KubeObject } from "../../steps/kubernetes.ts";
import { messageOf } from "../../steps/stepError.ts";
import type { Talosctl } from "../../steps/talosctl.ts";
import type { MachineRef } from "../contracts.ts";
import { resourceOf } from "../machine/inspect.ts";

/** The Talos resource that each is made from: its version counts up with every change of the config that concerns it. */
const resources = {
  "kube-apiserver": "apiserverconfigs",
  "kube-controller-manager": "controllermanagerconfigs",
  "kube-scheduler": "schedulerconfigs",
} as const;

/** A program of the control plane that runs as a static pod. */
export type StaticPod = keyof typeof resources;

/** All of them. */
export const staticPods = Object.keys(resources) as readonly StaticPod[];

/** What Talos says of a pod's parts, by annotation. Undefined where this Talos does not say. */
type Wanted = Readonly<Record<string, string | undefined>>;

/**
 * The first static pod of a control plane that is not yet the one of its config, or not Ready, and what it does; undefined
 * when all are.
 * @param kubernetes an API server that answers
 * @throws Error when Talos or the API does not answer
 */
export async function oldStaticPod(
  talosctl: Talosctl,
  kubernetes: Kubernetes,
  machine: MachineRef,
  pods: readonly StaticPod[],
): Promise<string | undefined> {
  // A certificate for other names (certSANs) is not among the keys: the API server reads it again by itself.
  const [keys, files] = await Promise.all([
    statusVersion(talosctl, machine, "secretstatuses"),
    statusVersion(talosctl, machine, "configstatuses"),
  ]);
  const problems = await Promise.all(
    pods.map(async (name) => {
      const config = await resourceOf(talosctl, machine, resources[name]);
      if (/^ {4}enabled: false$/m.test(config)) return [];
      const pod = await kubernetes
        .read("v1", "Pod", `${name}-${machine.name}`, "kube-system")
        .catch((error: unknown) => {
          // It may go down between one question and the next.
          throw new Error(`${machine.name}: its API server does not answer: ${messageOf(error)}`);
        });
      const version = /^ {4}version: "?([^"\s]+)"?$/m.exec(config)?.[1];
      if (version === undefined) throw new Error(`${machine.name} does not say which config its ${name} has`);
      const problem = whatIsOld(pod, {
        "talos.dev/config-version": version,
        "talos.dev/secrets-version": keys,
        // Files beside the keys, such as the audit policy, are the API server's alone: no other pod says which it has.
        ...(name === "kube-apiserver" && { "talos.dev/config-file-version": files }),
      });
      return problem === undefined ? [] : [`${machine.name}: ${name} ${problem}`];
    }),
  );
  return problems.flat()[0];
}

async function statusVersion(
  talosctl: Talosctl,
  machine: MachineRef,
  kind: string,
): Promise<string | undefined> {
  const text = await resourceOf(talosctl, machine, kind);
  return /^spec:\n(?: {4}.*\n)*? {4}version: "?([^"\s]+)"?$/m.exec(text)?.[1];
}

function whatIsOld(pod: KubeObject | undefined, wanted: Wanted): string | undefined {
  if (pod === undefined) return "has not started yet";
  const isOld = Object.entries(wanted).some(
    ([annotation, version]) => version !== undefined && pod.metadata?.annotations?.[annotation] !== version,
  );
  // Its kubelet says it through KubePrism, which finds a single API server again only a minute after that is back.
  if (isOld) return "has not restarted with its new config yet, or its kubelet has not said so yet";
  const ready = conditionOf(pod, "Ready");
  if (ready?.status === "True") return undefined;
  return `is not Ready${ready?.message ? `: ${ready.message}` : " yet"}`;
}
