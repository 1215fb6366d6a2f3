// A Helm release whose install or upgrade was cut off: Helm keeps every revision as a Secret, and refuses to go on while
// one says pending-*, or when one exists that Pulumi does not know. Source: helm.sh/helm v3 pkg/storage/driver/secrets.go.
import { isDeepStrictEqual } from "node:util";
import { gunzipSync } from "node:zlib";
import { Kubernetes, type KubeObject } from "../../src/steps/kubernetes.ts";
import type { Leftover } from "./leftover.ts";
import { kubeconfigOf, pendingOf, resourcesOf, type StackState } from "../pulumi/state.ts";

/** Token of Helm releases in the state. */
export const releaseType = "kubernetes:helm.sh/v3:Release";

/** A cluster that is off is not waited for. */
const answerMs = 8_000;

/** A Helm that is at work ends within its own limit, and a little for what surrounds it. */
const graceSeconds = 60;

/** Inputs of a release, as far as they matter here; `timeout` in seconds. */
type ReleaseInputs = Partial<Record<"name" | "namespace" | "version", string>> & {
  readonly values?: unknown;
  readonly timeout?: number;
};

/** What Helm writes into a revision. Source: helm.sh/helm v3 pkg/release/release.go. */
interface Revision {
  readonly chart?: { readonly metadata?: { readonly version?: string } };
  readonly config?: unknown;
}

/**
 * Revisions that stand in the way. The cluster is the stack's, since its kubeconfig is in the state; of the release a revision
 * is ours when it was being written by the run that was killed, or belongs to a release that the state knows. The objects of
 * the release stay: the next install finds its own name on them and takes them over.
 */
export async function revisionLeftovers(
  state: StackState,
  kubernetesOf = (kubeconfig: string) => new Kubernetes(kubeconfig, { answerMs }),
): Promise<readonly Leftover[]> {
  const kubeconfig = kubeconfigOf(state);
  if (kubeconfig === undefined) return [];
  const pending = pendingOf(state, releaseType);
  const kubernetes = kubernetesOf(kubeconfig);
  const killed = pending.map(async ({ type, resource }) =>
    leftoversOf(kubernetes, resource.inputs ?? {}, type === "creating" ? "install" : "upgrade"),
  );
  const others = resourcesOf(state, releaseType)
    .filter(({ urn }) => !pending.some(({ resource }) => resource.urn === urn))
    .map(async ({ inputs }) => leftoversOf(kubernetes, inputs ?? {}, "nothing"));
  return (await Promise.all([...killed, ...others])).flat();
}

/** @param cutOff what the state says was going on when the last run was killed */
async function leftoversOf(
  kubernetes: Kubernetes,
  inputs: ReleaseInputs,
  cutOff: "install" | "upgrade" | "nothing",
): Promise<readonly Leftover[]> {
  const { name, namespace, timeout = 300 } = inputs;
  const revisions = (await kubernetes.list("v1", "Secret", namespace)).filter(
    ({ metadata }) => metadata?.labels?.["owner"] === "helm" && metadata.labels["name"] === name,
  );
  return revisions.flatMap((secret): Leftover[] => {
    const status = secret.metadata?.labels?.["status"] ?? "?";
    const what = `Helm revision ${secret.metadata?.name ?? ""} (${status})`;
    const remove = async (): Promise<void> =>
      kubernetes.remove("v1", "Secret", secret.metadata?.name ?? "", namespace);
    if (status.startsWith("pending-")) {
      const seconds = (Date.now() - begunMs(secret)) / 1000;
      const limit = timeout + graceSeconds;
      if (cutOff !== "nothing" || seconds > limit) return [{ what, remove }];
      const age = `${String(Math.round(seconds))} s old: somebody may be at work`;
      const todo = `wait until it is older than ${String(limit)} s, then run npm run recover`;
      return [{ what: `${what}, ${age}`, todo }];
    }
    // An update, or nothing: the last good one must stay.
    if (cutOff !== "install") return [];
    // An install that had ended: Pulumi knows none of its revisions, and Helm would refuse the name.
    if (isOf(secret, inputs)) return [{ what, remove }];
    return [
      {
        what: `${what}: not of the version and values that this stack was installing`,
        todo: `if nobody needs it: helm uninstall -n ${namespace ?? "default"} ${name ?? ""}`,
      },
    ];
  });
}

function begunMs({ metadata }: KubeObject): number {
  const seconds = Number(metadata?.labels?.["modifiedAt"] ?? metadata?.labels?.["createdAt"]);
  return Number.isFinite(seconds) ? seconds * 1000 : new Date(metadata?.creationTimestamp ?? 0).getTime();
}

/** Whether a revision was made from these inputs. */
function isOf(secret: KubeObject, { version, values }: ReleaseInputs): boolean {
  try {
    const { chart, config } = decode(secret.data?.["release"] ?? "");
    return chart?.metadata?.version === version && isDeepStrictEqual(config ?? {}, values ?? {});
  } catch {
    // Nothing that Helm has written.
    return false;
  }
}

/** Base64 by the API, base64 and gzip by Helm. */
function decode(data: string): Revision {
  const text = Buffer.from(data, "base64").toString("latin1");
  return JSON.parse(gunzipSync(Buffer.from(text, "base64")).toString("utf8")) as Revision;
}
