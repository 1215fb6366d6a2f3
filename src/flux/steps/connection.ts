// The proof of every `up`: Flux reads Git, and has applied what it says (src/flux/connection.ts).
import { Kubernetes } from "../../steps/kubernetes.ts";
import { runStep } from "../../steps/step.ts";
import { proveConnection } from "../connection.ts";

await runStep({ name: "Flux reads Git", timeoutSeconds: 600 }, async (step) =>
  proveConnection(step, new Kubernetes(step.secret("KUBECONFIG_TEXT"), 10_000)),
);
