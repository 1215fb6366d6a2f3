// Everything about Flux, and what it runs on, that the API server answers within a few seconds. What it does not answer is named, and the rest is
// looked at all the same: that is when people need it.
import type { Kubernetes, KubeObject } from "../../../src/steps/kubernetes.ts";
import type { Redactor } from "../../../src/steps/redact.ts";
import { fluxKinds } from "../../flux/kinds.ts";
import { nodeOf } from "./details.ts";
import { messageOf } from "../../../src/steps/stepError.ts";

/** What was seen. */
export interface Sight {
  readonly flux: readonly KubeObject[];
  /** Deployments of namespace flux-system. */
  readonly controllers: readonly KubeObject[];
  readonly workloads: readonly KubeObject[];
  readonly pods: readonly KubeObject[];
  readonly nodes: readonly KubeObject[];
  readonly events: readonly KubeObject[];
  /** Logs of Flux's controllers by name. */
  readonly logs: Readonly<Record<string, string>>;
  /** What could not be looked at and why, one text each. */
  readonly unseen: readonly string[];
}

/** Lines of a controller's log that are read. */
const logLines = 2_000;

const fluxNamespace = "flux-system";
const notLearnt = ["helm.sh/release.v1", "kubernetes.io/service-account-token"];

/** Looks. @param redactor learns the values of Secrets, which logs and messages may hold */
export async function lookAtFlux(kubernetes: Kubernetes, redactor: Redactor): Promise<Sight> {
  const unseen: string[] = [];
  const list = async (
    apiVersion: string,
    kind: string,
    namespace?: string,
  ): Promise<readonly KubeObject[]> => {
    try {
      return await kubernetes.list(apiVersion, kind, namespace);
    } catch (error) {
      const why = messageOf(error);
      // Kinds of controllers that are not installed.
      if (!/page not found|Unrecognized API version and kind/i.test(why)) unseen.push(`${kind}s: ${why}`);
      return [];
    }
  };
  const [flux, workloads, pods, nodes, events, secrets] = await Promise.all([
    Promise.all(fluxKinds.map(({ apiVersion, kind }) => list(apiVersion, kind))),
    Promise.all(["Deployment", "StatefulSet", "DaemonSet"].map((kind) => list("apps/v1", kind))),
    list("v1", "Pod"),
    list("v1", "Node"),
    list("v1", "Event"),
    list("v1", "Secret"),
  ]);
  for (const secret of secrets) learn(redactor, secret);
  const controllers = workloads
    .flat()
    .filter(({ kind, metadata }) => kind === "Deployment" && metadata?.namespace === fluxNamespace);
  return {
    flux: flux.flat(),
    workloads: workloads.flat(),
    controllers,
    pods,
    nodes,
    events,
    logs: await logsOf(kubernetes, controllers, pods, unseen),
    unseen,
  };
}

/** Helm's own Secrets hold whole charts, and tokens of service accounts are known by their shape. */
function learn(redactor: Redactor, secret: KubeObject): void {
  const { type = "", data = {} } = secret as KubeObject & { readonly type?: string };
  if (notLearnt.includes(type)) return;
  for (const value of Object.values(data))
    redactor.learn(Buffer.from(value, "base64").toString("utf8").trim());
}

async function logsOf(
  kubernetes: Kubernetes,
  controllers: readonly KubeObject[],
  pods: readonly KubeObject[],
  unseen: string[],
): Promise<Readonly<Record<string, string>>> {
  const logs = controllers.map(async ({ metadata }) => {
    const name = metadata?.name ?? "";
    const own = pods.filter(
      (pod) => pod.metadata?.namespace === fluxNamespace && pod.metadata.labels?.["app"] === name,
    );
    const texts = own.map(async (pod) => {
      try {
        return await kubernetes.podLog(fluxNamespace, pod.metadata?.name ?? "", logLines);
      } catch (error) {
        unseen.push(`log of ${pod.metadata?.name ?? ""} on Node ${nodeOf(pod)}: ${messageOf(error)}`);
        return "";
      }
    });
    return [name, (await Promise.all(texts)).join("\n")] as const;
  });
  return Object.fromEntries(await Promise.all(logs));
}
