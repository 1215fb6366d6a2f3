// What the steps of the way from configured machines to a cluster with Flux agree on with the resources that run them.
import { z } from "zod";
import { text, type Contract } from "../steps/contract.ts";
import { countedMachine, declaredNode } from "../talos/contracts.ts";

/** Another cluster runs the step again. */
const clusterId = text;
const secrets = { kubeconfigText: text };

/** Installing Talos to a slow disk over a slow line, and a server's long self-test; seconds. */
export const installSeconds = 900;

/**
 * Seconds that etcd may take from nothing to so many healthy members: its image pulled and the first member up, then one
 * control plane joins after the other: 50 to 65 s as a learner each (Talos 1.13, tried), and what the next one still pulls
 * counts as well.
 */
export function healthySeconds(controlPlanes: number): number {
  return 300 + 120 * controlPlanes;
}

/** Makes sure that the cluster has one etcd, and that all control planes are in it. */
export const bootstrapEtcd = {
  name: "bootstrap-etcd",
  inputs: { clusterId, controlPlanes: z.array(countedMachine) },
  secrets: { talosconfigText: text },
  // Waits for the answers, for the bootstrap, for the members.
  timeoutSeconds: ({ controlPlanes }: { readonly controlPlanes: readonly unknown[] }) =>
    2 * installSeconds + healthySeconds(controlPlanes.length) + 60,
} satisfies Contract;

/** Seconds for the API to answer. */
export const apiSeconds = 600;

/** Waits until the Kubernetes API answers at the cluster's endpoint. */
export const waitForApi = {
  name: "wait-for-api",
  inputs: {},
  secrets,
  timeoutSeconds: apiSeconds + 30,
} satisfies Contract;

/** Seconds for all nodes to be Ready. */
export const nodesSeconds = 900;

/** Waits until every machine of the stack config is a Ready node, with what is declared of it. */
export const waitForNodes = {
  name: "wait-for-nodes",
  inputs: { nodes: z.array(declaredNode) },
  secrets,
  timeoutSeconds: nodesSeconds + 300,
} satisfies Contract;

/** What steps that make a key have in common. */
const makesKey = { secretOutput: true, timeoutSeconds: 30 };

/** Makes the key pair of Flux's deploy key. */
export const makeDeployKey = {
  ...makesKey,
  name: "make-deploy-key",
  inputs: { clusterName: text, clusterId },
  result: z.object({ privateKey: text, publicKey: text }),
} satisfies Contract;

/** Makes the token with which GitHub signs its deliveries. */
export const makeWebhookToken = {
  ...makesKey,
  name: "make-webhook-token",
  inputs: { clusterId },
  result: z.object({ token: text }),
} satisfies Contract;

/** Seconds for Flux's controllers to be available. */
export const controllersSeconds = 600;

/**
 * Installs Flux once. No version here: it is read from the tree when the step runs. A bump is one changed line in the preview,
 * the OCIRepository's tag, and Flux itself does the upgrade. The tree's path is relative to the project, so that it is the same
 * in every clone.
 */
export const installFlux = {
  name: "install-flux",
  inputs: { clusterId, tree: text },
  secrets: { ...secrets, sopsAgeKey: text },
  timeoutSeconds: controllersSeconds + 300,
} satisfies Contract;
