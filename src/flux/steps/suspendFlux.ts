// Suspends every Kustomization and HelmRelease for maintenance, or resumes those that it has suspended. Pulumi itself does
// the objects of the hand-off: the tree's two before this step suspends, and after it has resumed. Looks first; may be run again
// at any point.
import type { InputOf } from "../../steps/contract.ts";
import { Kubernetes, type KubeObject } from "../../steps/kubernetes.ts";
import type { Step } from "../../steps/step.ts";
import { done, notYet } from "../../steps/wait.ts";
import type { suspendFlux as contract } from "../contracts.ts";
import { appliers, listAppliers } from "../objects.ts";
import { atWork, suspendedByConfig, suspendedByPeople, toResume, toSuspend } from "../suspension.ts";

/** How long what is being applied may take to end. What waits longer (for pods to be ready) changes nothing any more. */
const settleSeconds = 60;

/** @throws StepError when something is still not suspended after two minutes */
export async function suspendFlux(
  step: Step,
  input: InputOf<typeof contract>,
  { kubernetes = new Kubernetes(input.kubeconfigText, step) } = {},
): Promise<string> {
  return input.suspend ? suspend(step, kubernetes) : resume(kubernetes);
}

async function suspend(step: Step, kubernetes: Kubernetes): Promise<string> {
  const end = Date.now() + settleSeconds * 1000;
  return step.waitFor(
    {
      what: "everything suspended",
      timeoutSeconds: 2 * settleSeconds,
      todo: "look at: kubectl get kustomizations,helmreleases -A; then run pulumi up again",
    },
    async () => {
      const objects = await listAppliers(kubernetes);
      const open = toSuspend(objects);
      await mark(kubernetes, open, true);
      // Who was at work may have brought another child, or applied one as it stands in Git.
      const busy = atWork(objects).join(", ");
      if (open.length > 0) return notYet(`${count(open)} suspended`);
      if (busy !== "" && Date.now() < end) return notYet(`${busy}: ending what it has begun`);
      const left = busy === "" ? "" : `; still ending what they have begun: ${busy}`;
      return done(`Flux is suspended: ${count(objects)} stay as they are${left}`);
    },
  );
}

async function resume(kubernetes: Kubernetes): Promise<string> {
  const objects = await listAppliers(kubernetes);
  const ours = toResume(objects);
  // A change of the spec is looked at by its controller at once, and with the commit that was there before: the source is
  // resumed behind this step.
  await mark(kubernetes, ours, null);
  const people = suspendedByPeople(objects);
  const left = people.length === 0 ? "" : `; suspended by hand and left so: ${people.join(", ")}`;
  return `${ours.length === 0 ? "nothing was suspended for maintenance" : `${count(ours)} resumed`}${left}`;
}

/** Suspends them one after the other and says that it was this step; null takes both back. */
async function mark(
  kubernetes: Kubernetes,
  objects: readonly KubeObject[],
  suspended: true | null,
): Promise<void> {
  const annotations = { [suspendedByConfig]: suspended && "true" };
  for (const object of objects)
    await kubernetes.change(object, { metadata: { annotations }, spec: { suspend: suspended } });
}

/** e.g. `12 Kustomizations and 9 HelmReleases` */
function count(objects: readonly KubeObject[]): string {
  const texts = appliers.map(({ kind }) => {
    const number = objects.filter((object) => object.kind === kind).length;
    return `${number} ${kind}${number === 1 ? "" : "s"}`;
  });
  return texts.join(" and ");
}
