// Waits until the Kubernetes API answers at the cluster's endpoint.
import type { InputOf } from "../../steps/contract.ts";
import { Kubernetes } from "../../steps/kubernetes.ts";
import type { Step } from "../../steps/step.ts";
import { done } from "../../steps/wait.ts";
import { apiSeconds, type waitForApi as contract } from "../contracts.ts";
import { serverOf } from "../kubeconfig.ts";

/** @throws StepError when it does not answer in time */
export async function waitForApi(
  step: Step,
  { kubeconfigText }: InputOf<typeof contract>,
  { kubernetes = new Kubernetes(kubeconfigText, step) } = {},
): Promise<string> {
  const version = await step.waitFor(
    {
      what: `the Kubernetes API at cluster.endpoint ${serverOf(kubeconfigText) ?? ""}`,
      timeoutSeconds: apiSeconds,
      todo: "look whether the endpoint's address is held by a control plane (VIP), and at: talosctl health; a wrong cluster.endpoint may be corrected or taken back; then run pulumi up again",
    },
    async () => {
      const version = await kubernetes.version();
      // Helm wants the default objects, which the API server makes a moment after it first answers.
      await kubernetes.list("v1", "Namespace");
      return done(version);
    },
  );
  return `Kubernetes ${version} answers`;
}
