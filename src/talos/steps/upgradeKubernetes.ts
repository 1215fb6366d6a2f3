// Brings a running cluster to the wanted Kubernetes with `talosctl upgrade-k8s`, before any machine config is sent: new
// image tags in the configs would take all machines to the new version at once. It goes machine by machine and may be run
// again after it was cut off. On a cluster without etcd members there is nothing to do.
import { minorOf, patchOf } from "../../config/version.ts";
import { badMove } from "../../config/versionMove.ts";
import { StepError } from "../../steps/stepError.ts";
import { runStep, type Step } from "../../steps/step.ts";
import { reasonOf, Talosctl } from "../../steps/talosctl.ts";
import { etcdWhole } from "../upgrade/etcdGate.ts";
import type { Machine } from "../inspect.ts";

/** A part of Kubernetes on a machine. */
interface Part {
  readonly machine: Machine;
  /** e.g. `kube-apiserver` */
  readonly program: string;
  /** e.g. `v1.36.3` */
  readonly version: string;
}

/** The Talos resources that say which image of a program a control plane runs. */
const controlPlaneResources = ["apiserverconfigs", "controllermanagerconfigs", "schedulerconfigs"];

const upgradeSeconds = 3_000;

await runStep({ name: "upgrade Kubernetes", timeoutSeconds: upgradeSeconds + 300 }, async (step) => {
  const wanted = step.input("KUBERNETES_VERSION");
  const talosctl = new Talosctl(step, step.secret("TALOSCONFIG_TEXT"));
  const controlPlanes = step.json<readonly Machine[]>("CONTROL_PLANES");
  const workers = step.json<readonly Machine[]>("WORKERS");
  const parts = (
    await Promise.all([
      ...controlPlanes.map((machine) => partsOf(talosctl, machine, true)),
      ...workers.map((machine) => partsOf(talosctl, machine, false)),
    ])
  ).flat();
  // etcd has no members, or no machine has a config: the configs that come bring the version with them.
  if (!parts.some(({ program }) => program === "kube-apiserver"))
    return "no Kubernetes yet: nothing to upgrade";
  const other = parts.filter(({ version }) => version !== wanted);
  const [first] = other;
  if (first === undefined) return `Kubernetes ${wanted} runs on all machines`;

  const from = oldest(other);
  for (const part of other) refuseBadMove(part, wanted);
  await etcdWhole(step, talosctl, controlPlanes, {
    timeoutSeconds: 60,
    when: "before Kubernetes is upgraded",
  });
  const through = controlPlanes[0] ?? first.machine;
  step.say(`upgrading Kubernetes from ${from} to ${wanted}`);
  await upgrade(step, talosctl, through, wanted);
  return `Kubernetes ${wanted} runs on all machines, was ${from}`;
});

async function partsOf(
  talosctl: Talosctl,
  machine: Machine,
  isControlPlane: boolean,
): Promise<readonly Part[]> {
  if (isControlPlane && (await talosctl.run(machine.address, ["etcd", "members"])).code !== 0) return [];
  const resources = [...(isControlPlane ? controlPlaneResources : []), "kubeletspecs"];
  const found = await Promise.all(
    resources.map(async (resource) => {
      const { stdout } = await talosctl.run(machine.address, ["get", resource, "-o", "yaml"]);
      const [, program, version] = /image: \S+\/([a-z-]+):(v[\d.]+)/.exec(stdout) ?? [];
      return program === undefined || version === undefined ? [] : [{ machine, program, version }];
    }),
  );
  return found.flat();
}

function oldest(parts: readonly Part[]): string {
  const order = (version: string): number => (minorOf(version)?.minor ?? 0) * 1_000 + patchOf(version);
  return parts.map(({ version }) => version).sort((a, b) => order(a) - order(b))[0] ?? "";
}

/** @throws StepError for a downgrade, and for more than one minor at a time */
function refuseBadMove({ machine, program, version }: Part, wanted: string): void {
  const bad = badMove("Kubernetes", version, wanted);
  if (bad !== undefined)
    throw new StepError(
      `${machine.name} runs ${program} ${version}; the stack config asks for ${bad.asked}`,
      bad.todo,
    );
}

/** @throws StepError with talosctl's last words */
async function upgrade(step: Step, talosctl: Talosctl, through: Machine, wanted: string): Promise<void> {
  const result = await talosctl.run(
    through.address,
    // With docs and examples it would write comments into every machine config.
    ["upgrade-k8s", "--to", wanted.slice(1), "--with-docs=false", "--with-examples=false"],
    upgradeSeconds,
    (line) => {
      const text = line.trim();
      // Diffs of manifests, some of which are Secrets, are not for the screen.
      if (/^(updating|[<>] "|discovered|waiting)/.test(text)) step.say(text);
    },
  );
  if (result.code !== 0)
    throw new StepError(
      `talosctl upgrade-k8s through ${through.name} failed: ${reasonOf(result)}`,
      "mend the cause, then run pulumi up again: it goes on where it stopped",
    );
}
