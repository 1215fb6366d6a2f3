// Brings a running cluster to the wanted Kubernetes with `talosctl upgrade-k8s`, before any machine config is sent: new
// image tags in the configs would take all machines to the new version at once. It goes machine by machine and may be run
// again after it was cut off. On a cluster without etcd members there is nothing to do.
import type { InputOf } from "../../steps/contract.ts";
import type { Step } from "../../steps/step.ts";
import { StepError } from "../../steps/stepError.ts";
import { reasonOf, Talosctl } from "../../steps/talosctl.ts";
import type { Asking } from "../clusterView.ts";
import { kubernetesSeconds, type MachineRef, type upgradeKubernetes as contract } from "../contracts.ts";
import { clusterApiOnceKnown } from "../kubernetes/clusterApi.ts";
import { kubernetesParts, oldest } from "../kubernetes/kubernetesParts.ts";
import { controlPlanesWhole } from "../kubernetes/whole.ts";
import { refuseBadMove } from "../machine/installation.ts";

/** @throws StepError when a part may not go there, or talosctl fails */
export async function upgradeKubernetes(
  step: Step,
  { kubernetesVersion: wanted, controlPlanes, workers, talosconfigText }: InputOf<typeof contract>,
  { talosctl = new Talosctl(step, talosconfigText), api = clusterApiOnceKnown } = {},
): Promise<string> {
  const cluster = { step, talosctl, controlPlanes };
  const parts = await kubernetesParts(cluster, workers);
  if (parts.length === 0) return "no Kubernetes yet: nothing to upgrade";
  const other = parts.filter(({ version }) => version !== wanted);
  const [first] = other;
  if (first === undefined) return `Kubernetes ${wanted} runs on all machines`;

  const from = oldest(other) ?? first.version;
  for (const part of other) refuseBadMove("kubernetes", part, wanted);
  const kubernetes = await api(cluster);
  if (kubernetes !== undefined)
    await controlPlanesWhole(cluster, {
      timeoutSeconds: 60,
      when: "before Kubernetes is upgraded",
      kubernetes,
    });
  step.say(`upgrading Kubernetes from ${from} to ${wanted}`);
  await upgrade(cluster, controlPlanes[0] ?? first.machine, wanted);
  // talosctl asks Kubernetes which nodes there are, and leaves out a machine that is not among them.
  const old = (await kubernetesParts(cluster, workers)).find(({ version }) => version !== wanted);
  if (old !== undefined)
    throw new StepError(
      `${old.machine.name} still runs ${old.program} ${old.version} after talosctl upgrade-k8s to ${wanted}`,
      `look at: kubectl get nodes -o wide; when ${old.machine.name} is among them, run pulumi up again`,
    );
  return `Kubernetes ${wanted} runs on all machines, was ${from}`;
}

/** @throws StepError with talosctl's last words */
async function upgrade({ step, talosctl }: Asking, through: MachineRef, wanted: string): Promise<void> {
  const result = await talosctl.run(
    through.address,
    // With docs and examples it would write comments into every machine config.
    ["upgrade-k8s", "--to", wanted.slice(1), "--with-docs=false", "--with-examples=false"],
    kubernetesSeconds,
    (line) => {
      const text = line.trim();
      // Diffs of manifests, some of which are Secrets, are not for the screen.
      if (/^(updating|[<>] "|discovered|waiting)/.test(text)) step.say(text);
    },
  );
  if (result.code !== 0)
    throw new StepError(
      `talosctl upgrade-k8s through ${through.name} failed: ${reasonOf(result)}`,
      "fix the cause, then run pulumi up again: it goes on where it stopped",
    );
}
