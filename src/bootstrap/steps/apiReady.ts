// Waits until the Kubernetes API answers at the cluster's endpoint.
import { Kubernetes } from "../../steps/kubernetes.ts";
import { runStep } from "../../steps/step.ts";
import { done } from "../../steps/wait.ts";

const timeoutSeconds = 600;

await runStep({ name: "wait for the Kubernetes API", timeoutSeconds: timeoutSeconds + 30 }, async (step) => {
  const kubernetes = new Kubernetes(step.secret("KUBECONFIG_TEXT"), undefined, step.signal);
  const version = await step.waitFor(
    {
      what: "the Kubernetes API at the cluster's endpoint",
      timeoutSeconds,
      todo: "look whether the endpoint's address is held by a control plane (VIP), and at: talosctl health",
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
