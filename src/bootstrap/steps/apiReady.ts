// Waits until the Kubernetes API answers at the cluster's endpoint.
import { serverOf } from "../kubeconfig.ts";
import { Kubernetes } from "../../steps/kubernetes.ts";
import { runStep } from "../../steps/step.ts";
import { done } from "../../steps/wait.ts";

const timeoutSeconds = 600;

await runStep({ name: "wait for the Kubernetes API", timeoutSeconds: timeoutSeconds + 30 }, async (step) => {
  const kubeconfig = step.secret("KUBECONFIG_TEXT");
  const kubernetes = new Kubernetes(kubeconfig, undefined, step.signal);
  const version = await step.waitFor(
    {
      what: `the Kubernetes API at cluster.endpoint ${serverOf(kubeconfig) ?? ""}`,
      timeoutSeconds,
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
});
