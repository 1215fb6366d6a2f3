// The cluster's API by whatever way it answers: the endpoint, or one control plane where that is dead.
import type { Kubernetes } from "../../../src/steps/kubernetes.ts";
import type { Cluster } from "../../cluster/connect.ts";
import { messageOf, StepError } from "../../../src/steps/stepError.ts";

/** An API that answers. */
interface Reached {
  readonly kubernetes: Kubernetes;
  readonly version: string;
  /** What is wrong with the endpoint, where it was not the way. */
  readonly detour?: string;
}

/** Finds a way. @param answerMs longest wait for an answer @throws StepError when nothing answers */
export async function reach(
  { kubernetes, controlPlanes }: Pick<Cluster, "kubernetes" | "controlPlanes">,
  answerMs: number,
): Promise<Reached> {
  let problem: string;
  try {
    return { kubernetes, version: await kubernetes.version() };
  } catch (error) {
    problem = messageOf(error);
  }
  const ways = Object.entries(controlPlanes).map(async ([name, address]) => {
    const direct = kubernetes.at(address, answerMs);
    return { name, kubernetes: direct, version: await direct.version() };
  });
  try {
    const { name, ...found } = await Promise.any(ways);
    return {
      ...found,
      detour: `the cluster's endpoint does not answer (${problem}); looked through ${name}`,
    };
  } catch {
    const names = Object.keys(controlPlanes);
    throw new StepError(
      `the cluster's API does not answer: ${problem}${names.length === 0 ? "" : `; nor does ${names.join(", ")} by itself`}`,
      "npm run doctor says which machines answer; talosctl -n ADDRESS service says what runs on one",
    );
  }
}
