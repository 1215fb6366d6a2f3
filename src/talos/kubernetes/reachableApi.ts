// The cluster's API by a way that answers. While the endpoint moves, what a control plane gives as the endpoint may be held
// by nobody yet, or by nobody any more.
import type { Kubernetes } from "../../steps/kubernetes.ts";
import type { Machine } from "../machine/inspect.ts";

/** An API server that takes longer for its version is none. */
const apiAnswerMs = 5_000;

/** The client itself when its address answers, otherwise one of the first control plane that does; itself when none does. */
export async function reachableApi(
  kubernetes: Kubernetes,
  controlPlanes: readonly Machine[],
): Promise<Kubernetes> {
  try {
    await kubernetes.within(apiAnswerMs).version();
    return kubernetes;
  } catch {
    const ways = controlPlanes.map(async ({ address }) => {
      await kubernetes.at(address, apiAnswerMs).version();
      return kubernetes.at(address);
    });
    // Whoever waits for the API says what is wrong with it.
    return Promise.any(ways).catch(() => kubernetes);
  }
}
