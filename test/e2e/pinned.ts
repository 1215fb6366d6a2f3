// Pods of tests that must be on one machine and nowhere else.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestLab } from "./testLab.ts";

const labels = { app: "pinned" };
const image = "registry.example/pinned:1";

/** A Deployment on one machine, with a disruption budget that lets none of its pods go. @returns lets them go */
export async function pin(lab: TestLab, node: string): Promise<() => Promise<void>> {
  const name = `pinned-${node}`;
  const metadata = { name, namespace: "default" };
  await apply(lab, name, [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata,
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: podOn(node) },
      },
    },
    {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata,
      spec: { minAvailable: "100%", selector: { matchLabels: labels } },
    },
  ]);
  await lab.ok("kubectl", "rollout", "status", "-n", "default", `deployment/${name}`, "--timeout=60s");
  return async () => {
    await lab.ok("kubectl", "delete", "deployment,poddisruptionbudget", "-n", "default", name);
  };
}

/** A pod on one machine that belongs to nothing. @returns its uid */
export async function bare(lab: TestLab, node: string): Promise<string> {
  const name = `bare-${node}`;
  await apply(lab, name, [
    { apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "default" }, spec: podOn(node) },
  ]);
  await lab.ok("kubectl", "wait", "-n", "default", `pod/${name}`, "--for=condition=Ready", "--timeout=60s");
  return (await lab.get<{ metadata: { uid: string } }>(["pod", name, "-n", "default"])).metadata.uid;
}

function podOn(node: string): object {
  return {
    nodeSelector: { "kubernetes.io/hostname": node },
    // Control planes take no pods by themselves.
    tolerations: [{ operator: "Exists", effect: "NoSchedule", key: "node-role.kubernetes.io/control-plane" }],
    containers: [{ name: "main", image }],
  };
}

async function apply(lab: TestLab, name: string, items: readonly object[]): Promise<void> {
  const file = join(lab.layout.state, `${name}.json`);
  writeFileSync(file, JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  await lab.ok("kubectl", "apply", "-f", file);
}
