// Real previews of a lab with one control plane and one worker, and the plans that they make, as people see them.
// trim.ts says how to record them.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { makePlan } from "../../../commands/plan/makePlan.ts";
import type { PreviewDigest } from "../../../commands/plan/preview.ts";
import { terminalText } from "../../../commands/plan/print/terminal.ts";
import type { Plan } from "../../../commands/plan/types.ts";

const folder = join(import.meta.dirname, "recorded");

function planOf(name: string): Plan {
  const digest = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as PreviewDigest;
  return makePlan(digest, { texts: new Map() });
}

/** What a terminal shows, line by line. */
function linesOf(name: string): readonly string[] {
  return terminalText(planOf(name), (_format, text) => text).split("\n");
}

const image =
  "factory.talos.dev/metal-installer/376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba";

const expected: Readonly<Record<string, { outcome: Plan["outcome"]; lines: readonly string[] }>> = {
  first: {
    outcome: "changes",
    lines: [
      "Stack lab: 8 changes, about 10 min in all (an estimate)",
      "",
      "on            what                   from → to     impact  takes",
      "cluster       keys                                 none    seconds",
      "k8s-1, k8s-2  new machine            v1.12.0       none    about 3 min",
      "Kubernetes    bootstrap                            none    about 2 min",
      "Cilium        chart                  1.20.1        none    about 2 min",
      "Flux          namespace and Secrets                none    about 20 s",
      "GitHub        deploy key             home-cluster  none    seconds",
      "Flux          controllers                          none    about 1 min",
      "Flux          hand-off to Git                      none    about 2 min",
      "",
      "37 operations in the preview; those that only look are part of the rows.",
    ],
  },
  nothing: { outcome: "nothing", lines: ["Stack lab: nothing changes."] },
  talos: {
    outcome: "changes",
    lines: [
      "warning: the Kubernetes API does not answer while k8s-1 reboots: it is the only control plane; what runs on the workers goes on",
      "warning: k8s-2 is the only worker: while it reboots its pods have nowhere to go, unless control planes take pods",
      "Stack lab: 2 changes, about 9 min in all (an estimate)",
      "",
      "on     what   from → to          impact            takes",
      "k8s-1  Talos  v1.12.0 → v1.13.9  drain and reboot  about 5 min",
      "k8s-2  Talos  v1.12.0 → v1.13.9  drain and reboot  about 4 min",
      "",
      "7 operations in the preview; those that only look are part of the rows.",
      "",
      "machine config of k8s-1, k8s-2",
      " machine:",
      "   install:",
      `-    image: ${image}:v1.12.0`,
      `+    image: ${image}:v1.13.9`,
    ],
  },
  endpoint: {
    outcome: "changes",
    lines: [
      "Stack lab: 1 change, about 2 min in all (an estimate)",
      "",
      "on     what                 from → to                            impact  takes",
      "k8s-1  base machine config  base config with the keys: [secret]  reboot  about 2 min",
    ],
  },
  limits: {
    outcome: "changes",
    lines: [
      "Stack lab: 1 change, seconds in all (an estimate)",
      "",
      "on     what         from → to                     impact  takes",
      "k8s-1  time limits  timeouts.create: (none) → 5m  none    seconds",
      "                    timeouts.delete: (none) → 5m",
      "                    timeouts.update: (none) → 5m",
    ],
  },
  cilium: {
    outcome: "changes",
    lines: [
      "Stack lab: 1 change, about 2 min in all (an estimate)",
      "",
      "on      what   from → to                            impact   takes",
      "Cilium  chart  values.debug.enabled: (none) → true  restart  about 2 min",
      "",
      "chart values of Cilium",
      "+debug:",
      "+  enabled: true",
    ],
  },
  flux: {
    outcome: "changes",
    lines: [
      "warning: Flux v2.7.3 is tested up to Kubernetes 1.34, not with v1.35.4",
      "Stack lab: 1 change, about 1 min in all (an estimate)",
      "",
      "on    what     from → to        impact   takes",
      "Flux  version  v2.9.4 → v2.7.3  restart  about 1 min",
      "",
      "Flux's install bundle v2.9.4 → v2.7.3: not compared, the last finished run did not reach Flux v2.9.4, so its bundle was not asked for",
    ],
  },
  remove: {
    outcome: "destructive",
    lines: [
      "DESTRUCTIVE: k8s-2 leaves the cluster (drained, out of etcd, its Node deleted, its disk erased)",
      "Stack lab: 1 change, about 4 min in all (an estimate)",
      "",
      "on     what                from → to  impact  takes",
      "k8s-2  leaves the cluster             wipe    about 4 min",
      "",
      "7 operations in the preview; those that only look are part of the rows.",
    ],
  },
};

describe("the plan of a recorded preview", () => {
  for (const file of readdirSync(folder)) {
    const name = file.replace(/\.json$/, "");
    it(name, () => {
      expect(linesOf(name)).toStrictEqual(expected[name]?.lines);
      expect(planOf(name).outcome).toBe(expected[name]?.outcome);
    });
  }

  it("keeps every operation in its steps", () => {
    const { steps, rows } = planOf("talos");
    expect(steps.length).toBe(7);
    assert.ok(steps.every(({ row }) => row !== undefined && row < rows.length));
  });
});
