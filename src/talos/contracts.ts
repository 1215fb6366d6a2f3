// What the steps of machines agree on with the resources that run them.
import { z } from "zod";
import { text, type Contract } from "../steps/contract.ts";

/** A machine of the stack config as steps are told of it, e.g. `k8s-1` at `192.0.2.11`. */
export const machine = z.object({ name: text, address: text });

/** Which machine is meant. */
export type MachineRef = Readonly<z.infer<typeof machine>>;

/** The same for what waits again when one is made anew. Of the first generation nothing is said, as in states of before. */
export const countedMachine = machine.extend({ generation: z.number().optional() });

const texts = z.record(z.string(), z.string()).optional();

/**
 * A machine as its Node has to show it. What is not declared is not there. Taints by key, `value:Effect` or `Effect`, e.g.
 * `{"dedicated": "gpu:NoSchedule"}`. Source: Talos' MachineConfig.nodeTaints.
 */
export const declaredNode = countedMachine.extend({ labels: texts, annotations: texts, taints: texts });

/** What is declared of a machine. */
export type DeclaredNode = Readonly<z.infer<typeof declaredNode>>;

const node = machine.extend({ role: z.enum(["controlplane", "worker"]) });
const controlPlanes = z.array(machine);
/** Counts how often a machine has joined anew, from 1. */
const generation = z.number();
/** Of everything that is sent to the machine: a change runs the step again. */
const configHash = text;
const secrets = { talosconfigText: text };
/** Where a backup goes, and who can read it. */
const backup = { stack: text, ageRecipients: z.array(text) };

/** Looks at one machine before anything is sent to it. */
export const inspectMachine = {
  name: "inspect-machine",
  inputs: { node, generation, controlPlanes, configHash },
  secrets,
  timeoutSeconds: 90,
} satisfies Contract;

/** Takes a machine whose hardware is dead out of its cluster. */
export const forgetMachine = {
  name: "forget-machine",
  inputs: { node: machine, controlPlanes },
  secrets,
  timeoutSeconds: 300,
} satisfies Contract;

/** Seconds for one image: long enough for an installer over a home's line. Those of one machine come one after the other. */
export const pullSeconds = 600;

/** Looks whether what comes may come, and has every machine pull its images. */
export const prepareUpgrade = {
  name: "prepare-upgrade",
  inputs: {
    talosVersion: text,
    kubernetesVersion: text,
    ciliumVersion: text,
    ciliumRepository: text,
    ...backup,
    /** `installer`: e.g. `factory.talos.dev/metal-installer/<schematic id>` */
    machines: z.array(node.extend({ schematic: text, installer: text })),
  },
  secrets,
  // The installer, then up to four images of Kubernetes, on all machines at once; looks at the machines, and the snapshot.
  timeoutSeconds: 5 * pullSeconds + 900,
} satisfies Contract;

/** An election of etcd takes seconds; what is not whole after that stays so. */
export const gateSeconds = 30;
/** Seconds for a machine that has rebooted to be a Ready node again, and etcd whole. */
export const readySeconds = 600;

/** Brings one machine to the wanted Talos. */
export const upgradeOs = {
  name: "upgrade-os",
  inputs: {
    node,
    talosVersion: text,
    schematicId: text,
    /** Image without its tag: the version is an input of its own, and shows once in a preview. */
    installer: text,
    generation,
    controlPlanes,
    /** How many machines the cluster has. */
    nodes: z.number(),
    drainSeconds: z.number(),
    rebootSeconds: z.number(),
    ...backup,
  },
  secrets,
  // Besides the waits by name: looks at the machine before and after, a snapshot of etcd.
  timeoutSeconds: (input: { readonly drainSeconds: number; readonly rebootSeconds: number }) =>
    input.drainSeconds + input.rebootSeconds + 2 * gateSeconds + 2 * readySeconds + 600,
} satisfies Contract;

/** Seconds for `talosctl upgrade-k8s`. */
export const kubernetesSeconds = 3_000;

/** Brings a running cluster to the wanted Kubernetes. */
export const upgradeKubernetes = {
  name: "upgrade-kubernetes",
  inputs: { kubernetesVersion: text, controlPlanes, workers: z.array(machine) },
  secrets,
  timeoutSeconds: kubernetesSeconds + 600,
} satisfies Contract;

/** Takes a machine out of its cluster before it is wiped. It gets what the last run of {@link settleMachine} was told. */
export const removeMachine = {
  name: "remove-machine",
  inputs: { node: machine, controlPlanes, drainSeconds: z.number() },
  secrets,
  timeoutSeconds: 7_800,
} satisfies Contract;

/** Seconds in which a new machine installs Talos and boots. */
export const bootSeconds = 1_800;
/**
 * Seconds in which one that runs joins etcd, which takes up to two minutes, or has its API server back. With a single control
 * plane that takes three minutes (Talos 1.13, tried): nothing reaches the API meanwhile, and KubePrism finds it again a minute
 * later.
 */
export const settleSeconds = 600;

/** Waits until a machine that was sent a config does its work again. */
export const settleMachine = {
  name: "settle-machine",
  // Whom it is removed through is what the last run knew, so that is kept up to date.
  inputs: { ...removeMachine.inputs, node, configHash },
  secrets,
  timeoutSeconds: 2 * bootSeconds + settleSeconds + 120,
} satisfies Contract;
