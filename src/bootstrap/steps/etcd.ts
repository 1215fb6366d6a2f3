// Makes sure that the cluster has one etcd, and that all control planes are in it.
import { runStep } from "../../steps/step.ts";
import { Talosctl } from "../../steps/talosctl.ts";
import type { Machine } from "../../talos/inspect.ts";
import { bootstrapEtcd, bootstrapSeconds } from "../bootstrapEtcd.ts";

/** As far as it is needed before a step is there. */
const machines = JSON.parse(process.env["CONTROL_PLANES"] ?? "[]") as readonly Machine[];

await runStep(
  { name: "bootstrap etcd", timeoutSeconds: bootstrapSeconds(machines.length) + 60 },
  async (step) => bootstrapEtcd(step, new Talosctl(step, step.secret("TALOSCONFIG_TEXT")), machines),
);
