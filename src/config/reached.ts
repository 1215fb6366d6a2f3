// What a run leaves behind, in words of its own: everybody who compares with it takes these, and nothing else of the config.
import { z } from "zod";
import type { ConfiguredMachine } from "./configuredMachines.ts";
import { show } from "./problem.ts";
import { valueAt } from "./walk.ts";
import type { Versions } from "../versions/components.ts";

/** Versions that a run brought the cluster to, with the contract it was born with. Parts may be missing. */
export interface ReachedVersions extends Versions {
  /** e.g. `v1.12` */
  readonly talosContract?: string | undefined;
  /** {@link fingerprint} of the values of Cilium's chart. */
  readonly ciliumValues?: string | undefined;
  /** `kept` when Cilium's chart came from the kept file (src/bootstrap/ciliumChart.ts); undefined: from its repository. */
  readonly ciliumChart?: string | undefined;
  /** {@link EndpointHistory.tokenIssuer}, where the endpoint has ever moved. */
  readonly tokenIssuer?: string | undefined;
}

const machine = z.strictObject({
  role: z.enum(["controlplane", "worker"]),
  address: z.ipv4(),
  generation: z.int().positive(),
  /** Whether it was only there to leave. */
  gone: z.boolean(),
});

/** A machine as a run left it, in the output `machines` under its name. */
export type MachineOutput = Readonly<z.infer<typeof machine>>;

/** The same with its name, e.g. `k8s-1`. */
export type ReachedMachine = MachineOutput & { readonly name: string };

/** What the last finished run left; undefined and empty before a first one has finished. */
export interface LastRun {
  readonly machines?: readonly ReachedMachine[] | undefined;
  /** Machines that the state has a config of now. Others than `machines` when a run after the last finished one failed. */
  readonly configured?: readonly ConfiguredMachine[] | undefined;
  readonly versions: ReachedVersions;
  /** Admin kubeconfig; a secret. */
  readonly kubeconfig?: string | undefined;
  /** `cluster.endpoint`, e.g. `https://192.0.2.10:6443`. */
  readonly endpoint?: string | undefined;
  /** Admin talosconfig; a secret. */
  readonly talosconfig?: string | undefined;
}

/** What an output says more than this version knows is a mistake too: it may matter. */
const outputsSchema = z.object({
  machines: z
    .record(z.string(), z.preprocess(asObject, machine))
    .transform((byName) => Object.entries(byName).map(([name, found]) => ({ name, ...found })))
    .nullish(),
  versions: z.record(z.string(), z.string()).nullish(),
});

/**
 * Until November 2026 a machine was a text, e.g. `worker 192.0.2.21, generation 2, gone`; the state of a living cluster has it
 * until its next `up`.
 */
function asObject(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const [, role, address, generation = "1", gone] =
    /^(\S+) (\S+?)(?:, generation (\d+))?(, gone)?$/.exec(value) ?? [];
  return { role, address, generation: Number(generation), gone: gone !== undefined };
}

/**
 * What the last finished run said in the stack's outputs.
 * @throws Error when it has another form: a machine that is taken for another one may be wiped
 */
export function readReached(
  outputs: Readonly<Record<string, unknown>>,
): Pick<LastRun, "machines" | "versions"> {
  const { data, error } = outputsSchema.safeParse(outputs);
  if (data !== undefined) return { versions: data.versions ?? {}, machines: data.machines ?? undefined };
  const [output = "", ...inside] = (error.issues[0]?.path ?? []).map(String);
  const path = [output, ...inside.slice(0, 1)];
  throw new Error(
    `the stack's output ${path.join(".")} is ${show(valueAt(outputs, path))}, expected is ${expected[output] ?? ""}: this version of the program does not know what the cluster has; nothing has been touched\n  → use the version of the program that made the last up; pulumi stack output ${output} shows what it wrote`,
  );
}

const expected: Readonly<Record<string, string>> = {
  machines: 'by name {"role":"worker","address":"192.0.2.21","generation":1,"gone":false}',
  versions: "by name one text for each",
};

/** Whether a machine is the only control plane that a run has left: the cluster's etcd is on it alone. */
export function isOnlyControlPlane(machines: readonly ReachedMachine[] | undefined, name: string): boolean {
  const controlPlanes = machines?.filter(({ role, gone }) => role === "controlplane" && !gone);
  return controlPlanes?.length === 1 && controlPlanes[0]?.name === name;
}
