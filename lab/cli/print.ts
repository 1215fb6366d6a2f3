// The lab's state on a terminal.
import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { join } from "node:path";
import { kubeconfigFile } from "../access.ts";
import type { LabLayout } from "../layout.ts";
import type { LabStatus } from "../supervisor/status.ts";

/** Prints machines, and what the cluster itself says when there is one. */
export function printStatus(layout: LabLayout, status: LabStatus): void {
  console.log(`lab ${status.name} (${layout.cidr})`);
  const width = Math.max(...status.machines.map(({ name }) => name.length));
  for (const { name, address, state, talos, hostname } of status.machines) {
    const as = hostname === undefined || hostname === name ? "" : ` as ${hostname}`;
    console.log(`  ${name.padEnd(width)}  ${address.padEnd(14)} Talos ${talos}  ${state}${as}`);
  }
  console.log(`  git ${status.gitUrl}`);
  if (status.faults.length > 0) console.log(`  faults switched on: ${status.faults.join(", ")}`);
  if (status.kubernetes) printCluster(layout);
  else console.log("  no Kubernetes API answers yet: run npm run up");
  const eval_ = `eval "$(npm run -s lab -- env${layout.name === "lab" ? "" : ` --name ${layout.name}`})"`;
  console.log(`
Look around:
  ${eval_}     # pulumi, kubectl, talosctl, sops of this shell mean this lab
  kubectl get nodes,pods -A          talosctl get members
  kubectl get kustomizations,helmreleases -A
  pulumi preview                     pulumi destroy
Stop it, data stays:  make lab-down      Remove it:  npm run lab -- destroy`);
}

function printCluster(layout: LabLayout): void {
  for (const what of ["nodes", "gitrepositories,kustomizations,helmreleases -A"]) {
    const result = kubectl(layout, "get", ...what.split(" "));
    const text = (result.status === 0 ? result.stdout : result.stderr).trimEnd();
    if (text !== "") console.log(`\n${text}`);
  }
  console.log(`\n${readyCounts(layout)}`);
}

/** Kinds whose objects say of themselves whether they are Ready. */
const readyKinds = ["Kustomization", "HelmRelease"];

/** e.g. `Ready: 22 of 22 Kustomizations, 9 of 9 HelmReleases`. */
function readyCounts(layout: LabLayout): string {
  const { items = [] } = JSON.parse(
    kubectl(layout, "get", "kustomizations,helmreleases", "-A", "-o=json").stdout || "{}",
  ) as { items?: readonly FluxObject[] };
  const counts = readyKinds.map((kind) => {
    const all = items.filter((item) => item.kind === kind);
    const ready = all.filter(({ status }) =>
      status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True"),
    );
    return `${String(ready.length)} of ${String(all.length)} ${kind}s`;
  });
  return `Ready: ${counts.join(", ")}`;
}

interface FluxObject {
  readonly kind?: string;
  readonly status?: { readonly conditions?: readonly { readonly type?: string; readonly status?: string }[] };
}

function kubectl(layout: LabLayout, ...words: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(join(layout.bin, "kubectl"), [...words, "--request-timeout=5s"], {
    encoding: "utf8",
    env: { ...process.env, KUBECONFIG: kubeconfigFile(layout) },
  });
}
