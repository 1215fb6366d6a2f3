// Whether a control plane's static pods run what its machine config says. Talos takes a config at once, the kubelet looks
// for changed static pods every 20 s, and a pod needs 40 s to end and to start: until then everything looks well, and is
// the old one. The same comparison as `talosctl upgrade-k8s` makes. Source: siderolabs/talos v1.12.0 pkg/cluster/kubernetes
// talos_managed.go, checkPodStatus; internal/app/machined/pkg/controllers/k8s/control_plane_static_pod.go.
import { conditionOf, type Kubernetes, type KubeObject } from "../../steps/kubernetes.ts";
import type { Talosctl } from "../../steps/talosctl.ts";
import type { Machine } from "../machine/inspect.ts";

/** A program of the control plane that runs as a static pod. */
export type StaticPod = "kube-apiserver" | "kube-controller-manager" | "kube-scheduler";

/** The Talos resource that each is made from: its version counts up with every change of the config that concerns it. */
const resources: Readonly<Record<StaticPod, string>> = {
  "kube-apiserver": "apiserverconfigs",
  "kube-controller-manager": "controllermanagerconfigs",
  "kube-scheduler": "schedulerconfigs",
};

/** All of them. */
export const staticPods = Object.keys(resources) as readonly StaticPod[];

const fileVersion = "talos.dev/config-file-version";

/** What Talos says of a pod's parts. Another one of any of them is another pod. */
interface Wanted {
  readonly annotation: string;
  /** Version; undefined where this Talos does not say. */
  readonly version: string | undefined;
}

/**
 * The first static pod of a control plane that is not yet the one of its config, or not Ready, and what it does; undefined
 * when all are.
 * @param kubernetes an API server that answers
 * @throws Error when Talos or the API does not answer
 */
export async function oldStaticPod(
  talosctl: Talosctl,
  kubernetes: Kubernetes,
  machine: Machine,
  pods: readonly StaticPod[],
): Promise<string | undefined> {
  const shared = await sharedParts(talosctl, machine);
  const problems = await Promise.all(
    pods.map(async (name) => {
      const config = await resourceOf(talosctl, machine, resources[name]);
      if (/^ {4}enabled: false$/m.test(config)) return undefined;
      const pod = await podOf(kubernetes, name, machine);
      const version = /^ {4}version: "?([^"\s]+)"?$/m.exec(config)?.[1];
      if (version === undefined) throw new Error(`${machine.name} does not say which config its ${name} has`);
      const wanted = [{ annotation: "talos.dev/config-version", version }, ...shared.filter(isOf(name))];
      const problem = whatIsOld(wanted, pod);
      return problem === undefined ? undefined : `${machine.name}: ${name} ${problem}`;
    }),
  );
  return problems.find((problem) => problem !== undefined);
}

/** @throws Error that says whose API server it is: it may go down between one question and the next */
async function podOf(
  kubernetes: Kubernetes,
  name: StaticPod,
  machine: Machine,
): Promise<KubeObject | undefined> {
  return kubernetes.read("v1", "Pod", `${name}-${machine.name}`, "kube-system").catch((error: unknown) => {
    throw new Error(
      `${machine.name}: its API server does not answer: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
}

/** The files beside the keys are the API server's alone: no other pod says which it has. */
function isOf(name: StaticPod): (part: Wanted) => boolean {
  return ({ annotation }) => annotation !== fileVersion || name === "kube-apiserver";
}

/**
 * Keys, and the files beside them such as the audit policy. A certificate for other names (certSANs) is not among them: the
 * API server reads it again by itself.
 */
async function sharedParts(talosctl: Talosctl, machine: Machine): Promise<readonly Wanted[]> {
  const version = async (resource: string): Promise<string | undefined> =>
    /^spec:\n(?: {4}.*\n)*? {4}version: "?([^"\s]+)"?$/m.exec(
      await resourceOf(talosctl, machine, resource),
    )?.[1];
  const [secrets, files] = await Promise.all([version("secretstatuses"), version("configstatuses")]);
  return [
    { annotation: "talos.dev/secrets-version", version: secrets },
    { annotation: fileVersion, version: files },
  ];
}

async function resourceOf(talosctl: Talosctl, { address }: Machine, resource: string): Promise<string> {
  return (await talosctl.run(address, ["get", resource, "-o", "yaml"])).stdout;
}

function whatIsOld(wanted: readonly Wanted[], pod: KubeObject | undefined): string | undefined {
  if (pod === undefined) return "has not started yet";
  const isOld = wanted.some(
    ({ annotation, version }) => version !== undefined && pod.metadata?.annotations?.[annotation] !== version,
  );
  // Its kubelet says it through KubePrism, which finds a single API server again only a minute after that is back.
  if (isOld) return "has not restarted with its new config yet, or its kubelet has not said so yet";
  const ready = conditionOf(pod, "Ready");
  return ready?.status === "True"
    ? undefined
    : `is not Ready${ready?.message ? `: ${ready.message}` : " yet"}`;
}
