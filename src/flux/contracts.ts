// What the steps of the hand-off to Flux agree on with what runs them.
import { z } from "zod";
import { gitHost, text, type Contract } from "../steps/contract.ts";

/** Another cluster runs the step again. What the program runs by itself has none. */
const clusterId = text.optional();
const secrets = { kubeconfigText: text };
/** Where Git is. No commit: a push must not make a preview longer. */
const git = gitHost.extend({ branch: text });
/** Only said while Flux is suspended: what waits for it waits in vain then. */
const suspend = z.boolean().optional();

/** Seconds: as long as the Kustomizations' own `timeout` and two `retryInterval`s: what is not Ready then stays so. */
export const readySeconds = 540;

/** Looks whether the way to another Flux is free, and prepares it. */
export const prepareFluxBump = {
  name: "prepare-flux-bump",
  inputs: { tree: text, stack: text, ageRecipients: z.array(text) },
  secrets,
  timeoutSeconds: 300,
} satisfies Contract;

/** Waits until Flux manages its own controllers. */
export const waitForSelfManagement = {
  name: "wait-for-self-management",
  inputs: { clusterId, suspend },
  secrets,
  timeoutSeconds: 3 * readySeconds + 180,
} satisfies Contract;

/** Reads the branch with the deploy key, as Flux is about to. */
export const tryDeployKey = {
  name: "try-deploy-key",
  inputs: { clusterId, git },
  secrets: { deployKey: text },
  timeoutSeconds: 90,
} satisfies Contract;

/** Suspends every Kustomization and HelmRelease for maintenance, or resumes those that it has suspended. */
export const suspendFlux = {
  name: "suspend-flux",
  inputs: { clusterId, suspend: z.boolean() },
  secrets,
  timeoutSeconds: 300,
} satisfies Contract;

/** Proves that Flux has applied the commit that the branch points to, and that all of it is Ready. */
export const proveHandOff = {
  name: "prove-hand-off",
  inputs: { clusterId, git, suspend },
  secrets: { ...secrets, deployKey: text },
  timeoutSeconds: 3 * readySeconds + 180,
} satisfies Contract;

/** Proves that Flux reads Git, and has applied what it says. */
export const proveConnection = {
  name: "prove-connection",
  inputs: {},
  secrets,
  timeoutSeconds: 600,
} satisfies Contract;
