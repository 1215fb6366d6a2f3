import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { MachinePlan } from "./members.ts";

/**
 * A hash of everything that is sent to a machine, so that what depends on it runs again when it changes. Not a secret:
 * nobody gets from it to the keys in the config, and it must be readable to compare.
 */
export function configHash({ base, patches }: Pick<MachinePlan, "base" | "patches">): pulumi.Output<string> {
  return pulumi.unsecret(
    base.apply((text) =>
      createHash("sha256")
        .update([text, ...patches].join("\n---\n"))
        .digest("hex"),
    ),
  );
}
