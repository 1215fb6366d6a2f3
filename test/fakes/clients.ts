// Stand-ins for what the upgrade steps ask: a talosctl that prints what a test says, a cluster that is a list of objects.
import type { Kubernetes, KubeObject, Refusal } from "../../src/steps/kubernetes.ts";
import type { RunResult } from "../../src/steps/run.ts";
import { Step } from "../../src/steps/step.ts";
import { waitFor } from "../../src/steps/wait.ts";
import type { Talosctl } from "../../src/steps/talosctl.ts";

/** A step whose lines are kept. */
export function quietStep(): { readonly step: Step; readonly lines: string[] } {
  const lines: string[] = [];
  const step = new Step(new AbortController().signal);
  step.say = (line) => {
    lines.push(line);
  };
  // The same waits, without the second between two looks.
  step.waitFor = (options, look) =>
    waitFor({ ...options, intervalMs: 1, signal: step.signal, say: step.say.bind(step) }, look);
  return { step, lines };
}

/** A step whose waits give up at once, or after some seconds: for what never comes. */
export function quickStep(timeoutSeconds = 0, { step } = quietStep()): Step {
  const { waitFor: wait } = step;
  step.waitFor = (options, look) => wait({ ...options, timeoutSeconds }, look);
  return step;
}

/** What a command prints, or how it fails; undefined: the machine does not answer. */
export type Answer = (address: string, command: string) => string | RunResult | undefined;

/** A command that talosctl ends with an error. */
export function failure(stderr: string): RunResult {
  return { code: 1, stdout: "", stderr };
}

/** `talosctl service etcd` in a state, as Talos 1.12 prints it. */
export function etcdService(state: string, health = "?", message?: string): string {
  const lines = [
    ["NODE", "192.0.2.11"],
    ["ID", "etcd"],
    ["STATE", state],
    ["HEALTH", health],
    ...(message === undefined ? [] : [["LAST HEALTH MESSAGE", message]]),
    ["EVENTS", `[${state}]: Running pre state (4m12s ago)`],
  ];
  return lines.map(([key = "", value = ""]) => `${key.padEnd(22)}${value}\n`).join("");
}

/** What a control plane that waits for its bootstrap answers, by command; `etcd members` and its like hang. */
export const beforeBootstrap: Readonly<Record<string, string | RunResult>> = {
  "service etcd": etcdService("Preparing"),
  "list /var/lib/etcd/member": {
    code: 1,
    stdout: "NODE   NAME\n",
    stderr:
      "1 error occurred:\n rpc error: code = Unknown desc = lstat /var/lib/etcd/member: no such file or directory\n",
  },
};

/** A talosctl whose machines answer so. */
export function fakeTalosctl(answer: Answer, clientVersion = "v1.12.0"): Talosctl {
  const run = (address: string, args: readonly string[]): Promise<RunResult> => {
    const printed = answer(address, args.join(" "));
    if (typeof printed === "object") return Promise.resolve(printed);
    return Promise.resolve(
      printed === undefined
        ? failure("rpc error: code = Unavailable desc = connection refused")
        : { code: 0, stdout: printed, stderr: "" },
    );
  };
  return {
    run,
    runInsecure: (address: string, args: readonly string[]) => run(address, [...args, "--insecure"]),
    clientVersion: () => Promise.resolve(clientVersion),
  } as unknown as Talosctl;
}

/** What is particular about a pod. */
export interface PodTraits {
  /** Kind of what would make it anew; empty for none. Default: a ReplicaSet. */
  readonly owner?: string;
  /** Default: `k8s-4`. */
  readonly node?: string;
  /** Default: `Running`. */
  readonly phase?: string;
  readonly annotations?: Record<string, string>;
}

/** A pod of namespace default. */
export function pod(
  name: string,
  { owner = "ReplicaSet", node = "k8s-4", phase = "Running", annotations = {} }: PodTraits = {},
): KubeObject {
  const controller = { apiVersion: "v1", kind: owner, name: "x", uid: "x", controller: true };
  const ownerReferences = owner === "" ? [] : [controller];
  return {
    metadata: { name, namespace: "default", uid: name, annotations, ownerReferences },
    spec: { nodeName: node },
    status: { phase },
  };
}

/** A static pod as its kubelet reports it. */
export function staticPod(
  configVersion: string,
  {
    ready = true,
    annotations = {},
  }: { readonly ready?: boolean; readonly annotations?: Record<string, string> } = {},
): KubeObject {
  return {
    metadata: { annotations: { "talos.dev/config-version": configVersion, ...annotations } },
    status: { conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
  };
}

/** A Talos resource as `talosctl get … -o yaml` prints it. */
export function resource(version: number, spec: string): string {
  return `node: 192.0.2.11\nmetadata:\n    namespace: controlplane\n    version: ${String(version)}\n    phase: running\nspec:\n    ${spec}\n`;
}

/** A cluster. Pods go when they are evicted, unless they are refused. */
export class FakeCluster {
  pods: KubeObject[];
  node: KubeObject = { metadata: { name: "k8s-4" }, spec: {} };
  readonly evicted: string[] = [];
  /** Nodes that were deleted. */
  readonly removed: string[] = [];
  /** What was listed, with the selector. */
  readonly asked: string[] = [];
  /** Pods whose eviction is refused, by name. */
  readonly refused = new Map<string, Refusal>();
  /** Pods that do not end, by name. */
  readonly lingering = new Set<string>();
  /** Static pods that are not there, or not as usual, by name. */
  readonly staticPods = new Map<string, KubeObject | undefined>();
  /** Addresses whose API server does not answer. */
  readonly dead = new Set<string>();

  constructor(...pods: KubeObject[]) {
    this.pods = pods;
  }

  get client(): Kubernetes {
    return {
      list: (_version: string, kind: string, _namespace?: string, selector?: string) => {
        this.asked.push(selector === undefined ? kind : `${kind} ${selector}`);
        return Promise.resolve(this.pods);
      },
      read: (_version: string, kind: string, name: string) =>
        Promise.resolve(kind === "Pod" ? this.#staticPod(name) : this.node),
      evict: (_namespace: string, name: string) => Promise.resolve(this.#evict(name)),
      change: (_node: KubeObject, change: KubeObject) => {
        this.node = {
          ...this.node,
          metadata: {
            name: "k8s-4",
            annotations: merged(this.node.metadata?.annotations, change.metadata?.annotations),
          },
          spec: merged(this.node.spec, change.spec),
        };
        return Promise.resolve();
      },
      remove: (_version: string, _kind: string, name: string) => {
        this.removed.push(name);
        return Promise.resolve();
      },
      at: (address: string) => ({
        read: (_version: string, _kind: string, name: string) => Promise.resolve(this.#staticPod(name)),
        version: () =>
          this.dead.has(address)
            ? Promise.reject(new Error("connect ECONNREFUSED"))
            : Promise.resolve("v1.34.4"),
      }),
    } as unknown as Kubernetes;
  }

  #staticPod(name: string): KubeObject | undefined {
    return this.staticPods.has(name) ? this.staticPods.get(name) : staticPod("1");
  }

  #evict(name: string): Refusal | undefined {
    const refusal = this.refused.get(name);
    if (refusal !== undefined) return refusal;
    this.evicted.push(name);
    if (!this.lingering.has(name)) this.pods = this.pods.filter(({ metadata }) => metadata?.name !== name);
    return undefined;
  }
}

function merged<T>(
  before: Readonly<Record<string, T>> = {},
  change: Readonly<Record<string, T>> = {},
): Record<string, T> {
  return Object.fromEntries(Object.entries({ ...before, ...change }).filter(([, value]) => value !== null));
}
