// Looks at the Kubernetes version of a running cluster before any machine config is sent: new image tags in the machine
// configs would take all machines to the new version at once. On a cluster without etcd members there is nothing to do.
import { StepError } from "../../steps/stepError.ts";
import { runStep } from "../../steps/step.ts";
import { Talosctl } from "../../steps/talosctl.ts";

interface Machine {
  readonly name: string;
  readonly address: string;
}

await runStep({ name: "check the Kubernetes version", timeoutSeconds: 120 }, async (step) => {
  const wanted = step.input("KUBERNETES_VERSION");
  const talosctl = new Talosctl(step, step.secret("TALOSCONFIG_TEXT"));
  const machines = step.json<readonly Machine[]>("CONTROL_PLANES");
  const running = await Promise.all(machines.map((machine) => runningVersion(talosctl, machine)));
  const different = running.find((found) => found.version !== undefined && found.version !== wanted);
  if (different?.version !== undefined)
    throw new StepError(
      `${different.machine.name} runs Kubernetes ${different.version}, the stack config asks for ${wanted}`,
      `upgrade it with: talosctl upgrade-k8s -n ${different.machine.address} --to ${wanted.slice(1)}, or set versions.kubernetes to ${different.version}`,
    );
  return running.some((found) => found.version !== undefined)
    ? `Kubernetes ${wanted} runs on all control planes`
    : "no Kubernetes yet: nothing to compare";
});

/** The version in the machine's running API server config; undefined where there is none yet. */
async function runningVersion(
  talosctl: Talosctl,
  machine: Machine,
): Promise<{ machine: Machine; version: string | undefined }> {
  const members = await talosctl.run(machine.address, ["etcd", "members"]);
  if (members.code !== 0) return { machine, version: undefined };
  const config = await talosctl.run(machine.address, ["get", "apiserverconfigs", "-o", "yaml"]);
  return { machine, version: /image: \S+\/kube-apiserver:(v\S+)/.exec(config.stdout)?.[1] };
}
